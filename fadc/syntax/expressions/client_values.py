"""Diagnostics of client values that are used outside ``fed.map``, worded for each kind of use."""

from __future__ import annotations

import ast

from fadc.ir import Array
from fadc.syntax.modules.array_functions import LINEAR, NONLINEAR
from fadc.syntax.scope.scope import Scope

_READS = ("item", "tolist", "at")
_MEASURES = ("shape", "ndim", "size", "dtype", "nbytes")
_LOOKS = {
    "len": "measured with `len`",
    "print": "printed",
    "float": "made a Python float",
    "int": "made a Python int",
    "bool": "made a Python bool",
    "str": "made text",
    "repr": "made text",
    "format": "made text",
    "list": "made a list",
    "tuple": "made a tuple",
    "set": "made a set",
    "iter": "iterated over",
    "next": "iterated over",
    "map": "iterated over",
    "filter": "iterated over",
    "reversed": "iterated over",
    "enumerate": "iterated over",
    "zip": "iterated over",
}


def is_method(attribute: str, array: Array | None) -> bool:
    """Whether an attribute of a client value is a reduction or another method over clients.

    A value that is not known to be an array may have a field called ``mean``.
    """
    if attribute in (*_READS, *_MEASURES, "T", "mT"):
        return True
    return array is not None and attribute in NONLINEAR | LINEAR


def report_in_expression(
    scope: Scope,
    node: ast.expr,
    name: str,
    parents: tuple[ast.expr, ...],
    scopes: tuple[ast.expr, ...] = (),
) -> None:
    """Report a client value that an expression uses."""
    code, slots = _reason(scope, node, parents, scopes)
    where = parents[-1] if code in ("FAD301", "FAD210") and parents else node
    if isinstance(where, ast.FormattedValue) or hasattr(where, "generators"):
        where = node
    if isinstance(where, ast.Attribute) and len(parents) > 1:
        where = parents[-2]
    if code == "FAD301":
        scope.report(code, where, **slots)
    else:
        scope.report(code, where, name=name, **slots)


def _reason(
    scope: Scope, node: ast.expr, parents: tuple[ast.expr, ...], scopes: tuple[ast.expr, ...]
) -> tuple[str, dict[str, str]]:
    parent = parents[-1] if parents else None
    if isinstance(parent, ast.Attribute) and parent.attr in _MEASURES:
        return "FAD210", {"operation": f"measured with `.{parent.attr}`"}
    if isinstance(parent, ast.FormattedValue):
        return "FAD210", {"operation": "made text"}
    if isinstance(parent, ast.Attribute) and len(parents) > 1 and isinstance(parents[-2], ast.Call):
        if parent.attr in NONLINEAR:
            return "FAD301", {"function": f"{scope.module.text.segment(parent)}"}
        if parent.attr in LINEAR:
            return "FAD210", {"operation": f"reduced with `.{parent.attr}`"}
        if parent.attr in _READS:
            return "FAD210", {"operation": f"read with `.{parent.attr}`"}
        return "FAD203", {}
    if isinstance(parent, ast.Call) and node is not parent.func:
        return _call_reason(scope, parent)
    if isinstance(parent, ast.Subscript) and node is parent.value:
        named = isinstance(parent.slice, ast.Constant) and isinstance(parent.slice.value, str)
        return ("FAD203", {}) if named else ("FAD210", {"operation": "indexed"})
    if isinstance(parent, ast.Compare):
        return "FAD210", {"operation": "compared"}
    generators = getattr(scopes[-1], "generators", ()) if scopes else ()
    if any(node is each.iter for each in generators):
        return "FAD210", {"operation": "iterated over"}
    return "FAD203", {}


def _call_reason(scope: Scope, call: ast.Call) -> tuple[str, dict[str, str]]:
    text = scope.module.text.segment(call.func)
    last = (scope.module.resolve(call.func) or text).rpartition(".")[2]
    if last in NONLINEAR:
        return "FAD301", {"function": text}
    if last in _LOOKS and isinstance(call.func, ast.Name):
        return "FAD210", {"operation": _LOOKS[last]}
    if last in LINEAR:
        return "FAD210", {"operation": f"reduced with `{text}`"}
    return "FAD203", {}
