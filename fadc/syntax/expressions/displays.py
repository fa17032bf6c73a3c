"""Displays, read as trees of their elements, and trees written as displays."""

from __future__ import annotations

import ast

from fadc.ir import Literal, Node, Tree, Value, leaves, quoted
from fadc.ir.source_text import enclosed
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import free_names, fresh


def lower_display(
    scope: Scope, node: ast.Tuple | ast.List | ast.Dict, elements: list[ast.expr], target: Target
) -> Tree:
    """A display as a tree of its elements, or as a constant if all of them are constants."""
    parts = []
    for index, element in enumerate(elements):
        if isinstance(element, ast.Starred):
            return scope.report("FAD107", element, what="element")
        part = target[index] if isinstance(target, tuple) and len(target) == len(elements) else None
        parts.append(scope.lower(element, part, hint=_element_hint(target, index)))
    unpacked = isinstance(target, tuple) and len(target) == len(parts)
    known = all(isinstance(part, Literal) for part in parts)
    if known and not unpacked and not scope.local_names & set(free_names(node)):
        return Literal(scope.module.text.segment(node))
    if isinstance(node, ast.Dict):
        keys = tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
        return Node("dict", tuple(parts), keys)
    return Node("tuple" if isinstance(node, ast.Tuple) else "list", tuple(parts))


def _element_hint(target: Target, index: int) -> str:
    return f"{target}_{index}" if isinstance(target, str) else "value"


def display_text(tree: Tree, arguments: dict[str, Tree], taken: set[str]) -> str:
    """The text of a tree in terms of fresh parameters."""
    if isinstance(tree, Literal):
        return enclosed(tree.source)
    if isinstance(tree, Value):
        for name, known in arguments.items():
            if known is tree:
                return name
        name = fresh(tree.name, taken)
        taken.add(name)
        arguments[name] = tree
        return name
    parts = [display_text(child, arguments, taken) for child in tree.children]
    if tree.kind == "dict":
        return (
            "{"
            + ", ".join(f"{quoted(k)}: {part}" for k, part in zip(tree.keys, parts, strict=True))
            + "}"
        )
    if tree.kind == "rows":
        columns = [display_text(column, arguments, taken) for column in leaves(tree)]
        return f"list(zip({', '.join(columns)}, strict=True))"
    if tree.kind == "list":
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)},)" if parts else "()"
