"""The syntax nodes of IR values and operations, found by span, and the nodes around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fadc.span import Span
from fadc.syntax.modules.module import Module
from fadc.syntax.source.names import nodes, parts


@dataclass(frozen=True)
class Nodes:
    """The expressions and statements of a module's computations by span, and their parents."""

    computations: tuple[ast.FunctionDef, ...]
    by_span: dict[Span, ast.expr | ast.stmt]

    @staticmethod
    def of(module: Module) -> Nodes:
        by_span: dict[Span, ast.expr | ast.stmt] = {}
        for computation in module.computations.values():
            fields = _fields(nodes(computation))
            for node in nodes(computation):
                if isinstance(node, ast.expr | ast.stmt) and id(node) not in fields:
                    # If a statement and its expression have the same span, take the inner one.
                    by_span[module.text.span(node)] = node
        return Nodes(tuple(module.computations.values()), by_span)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node."""
        inside = (node for computation in self.computations for node in nodes(computation))
        return {part: node for node in inside for part in parts(node)}

    def at(self, span: Span) -> ast.expr | ast.stmt | None:
        """The innermost expression or statement that has this span."""
        return self.by_span.get(span)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node is or belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node


def _fields(found: tuple[ast.AST, ...]) -> set[int]:
    """The identities of the replacement fields of f-strings, and of their formats.

    Neither is an expression, and Python 3.11 gives them the span of the whole f-string.
    """
    fields = [node for node in found if isinstance(node, ast.FormattedValue)]
    return {id(part) for field in fields for part in (field, field.format_spec)}
