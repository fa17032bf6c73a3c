"""The names that statements mention."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import libcst as cst

from fadc.emit.code.scopes import PARTS

_PARTS: Final[dict[type[cst.CSTNode], tuple[str, ...]]] = {
    **PARTS,
    cst.Annotation: ("annotation",),
    cst.Assign: ("targets", "value"),
    cst.AssignTarget: ("target",),
    cst.Decorator: ("decorator",),
    cst.Else: ("body",),
    cst.Expr: ("value",),
    cst.For: ("target", "iter", "body", "orelse"),
    cst.FunctionDef: ("decorators", "type_parameters", "params", "returns", "body"),
    cst.If: ("test", "body", "orelse"),
    cst.IndentedBlock: ("body",),
    cst.Param: ("annotation", "default"),
    cst.Return: ("value",),
    cst.SimpleStatementLine: ("body",),
    cst.TypeParam: ("param",),
    cst.TypeParameters: ("params",),
    cst.TypeVar: ("bound",),
}
"""The fields of a node with expressions or statements, or with nodes that contain some."""


def mentioned(nodes: Iterable[Any]) -> set[str]:
    """The names in statements, except names of parameters and of definitions."""
    found: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name):
            found.add(node.value)
            continue
        for field in _PARTS.get(type(node), ()):
            value = getattr(node, field)
            if isinstance(value, cst.CSTNode):
                stack.append(value)
            elif isinstance(value, tuple | list):
                stack.extend(value)
    return found
