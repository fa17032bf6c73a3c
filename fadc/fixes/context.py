"""The context of fixes: the syntax of a module, edits of its text, and new names."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from fadc.diagnostics import Diagnostic, Edit, Fix
from fadc.span import Span
from fadc.syntax.computations import Reading
from fadc.syntax.modules.module import PACKAGE, Module
from fadc.syntax.nodes import Nodes
from fadc.syntax.source.bound_names import bound_names
from fadc.syntax.source.names import parameters
from fadc.syntax.source.text import Located

Position = tuple[int, int]
"""A line (from 1) and a column (from 0, in code points)."""

_SKIPPED = re.compile(r"#[^\n]*|\\(?=\n)")


@dataclass(frozen=True)
class MendedModule:
    """A module whose diagnostics are to be mended."""

    reading: Reading
    module: Module
    nodes: Nodes

    @staticmethod
    def of(reading: Reading, module: Module) -> MendedModule:
        return MendedModule(reading, module, Nodes.of(module))

    # Syntax ------------------------------------------------------------------------------------

    def at(self, diagnostic: Diagnostic) -> ast.expr | ast.stmt | None:
        """The node that a diagnostic underlines."""
        return self.nodes.at(diagnostic.span)

    def start(self, node: Located) -> Position:
        return self.module.text.span(node).start

    def end(self, node: Located) -> Position:
        return self.module.text.span(node).end

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self.nodes.parents.get(node)

    def call_of(self, primitive: str, node: ast.AST) -> ast.Call | None:
        """The innermost call of a primitive around a node."""
        for outer in self.nodes.around(node):
            if isinstance(outer, ast.Call) and self.module.primitive(outer.func) == primitive:
                return outer
        return None

    def function_of(self, node: ast.AST) -> ast.FunctionDef | None:
        """The innermost function that is defined around a node."""
        around = self.nodes.around(node)
        return next((each for each in around if isinstance(each, ast.FunctionDef)), None)

    # Text --------------------------------------------------------------------------------------

    def between(self, start: Position, end: Position) -> str:
        return self.module.text.slice(Span(self.module.path, *start, *end))

    def blanked(self, start: Position, end: Position) -> str:
        """The text between expressions, with comments and line continuations replaced by spaces."""
        return _SKIPPED.sub(lambda found: " " * len(found[0]), self.between(start, end))

    def line(self, number: int) -> str:
        return self.module.text.lines[number - 1]

    def replaced(self, start: Position, end: Position, text: str) -> Edit:
        return Edit(Span(self.module.path, *start, *end), text)

    def inserted(self, at: Position, text: str) -> Edit:
        return self.replaced(at, at, text)

    def wrapped(self, node: ast.expr, callee: str) -> tuple[Edit, Edit]:
        """The edits that make an expression the argument of a call."""
        return self.inserted(self.start(node), f"{callee}("), self.inserted(self.end(node), ")")

    # Names -------------------------------------------------------------------------------------

    def spelled(self, member: str, near: ast.expr | None = None) -> str | None:
        """The spelling of a name of fadc: as in `near`, the callee of a primitive, or as imported.

        None if the module has no name for it, or if the function around `near` hides that name.
        """
        texts = []
        if isinstance(near, ast.Attribute):
            texts.append(f"{self.module.text.segment(near.value)}.{member}")
        for local, dotted in self.module.imports.items():
            if dotted == PACKAGE:
                texts.append(f"{local}.{member}")
            elif dotted == f"{PACKAGE}.{member}":
                texts.append(local)
        function = None if near is None else self.function_of(near)
        for text in texts:
            hidden = function is not None and binds(function, text.partition(".")[0])
            node = ast.parse(text, mode="eval").body
            if self.module.resolve(node) == f"{PACKAGE}.{member}" and not hidden:
                return text
        return None


def binds(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function has a parameter or a local of that name."""
    return name in parameters(function) or any(name in bound_names(s) for s in function.body)


def advanced(position: Position, text: str) -> Position:
    """The position after a text that begins at a position."""
    line, column = position
    newlines = text.count("\n")
    return line + newlines, len(text) - text.rfind("\n") - 1 if newlines else column + len(text)


def made(title: str, *edits: Edit) -> Fix:
    """A fix with its edits in order."""
    return Fix(title, tuple(sorted(edits, key=lambda edit: edit.span)))
