"""What goes wrong when a client value is used outside ``fed.map``, in words that fit the use."""

from __future__ import annotations

import ast

from fadc.syntax.scope import Scope

_NONLINEAR = frozenset(
    [
        "max",
        "min",
        "amax",
        "amin",
        "nanmax",
        "nanmin",
        "median",
        "nanmedian",
        "sort",
        "argsort",
        "argmax",
        "argmin",
        "nanargmax",
        "nanargmin",
        "percentile",
        "quantile",
        "nanpercentile",
        "nanquantile",
        "unique",
        "any",
        "all",
        "prod",
        "sorted",
        "top_k",
        "partition",
        "logsumexp",
        "softmax",
        "std",
        "var",
        "norm",
    ]
)
_LINEAR = frozenset(
    [
        "sum",
        "mean",
        "average",
        "nansum",
        "nanmean",
        "cumsum",
        "dot",
        "vdot",
        "tensordot",
        "einsum",
        "trace",
    ]
)
_READS = ("item", "tolist", "at")
_LOOKS = {
    "len": "measured with `len`",
    "print": "printed",
    "float": "made a Python float",
    "int": "made a Python int",
    "bool": "made a Python bool",
    "list": "made a list",
    "tuple": "made a tuple",
    "iter": "iterated over",
    "enumerate": "iterated over",
    "zip": "iterated over",
}


def is_method(attribute: str) -> bool:
    """Whether an attribute of a client value is a reduction or another look at single clients."""
    return attribute in _NONLINEAR or attribute in _LINEAR or attribute in (*_READS, "T")


def report_in_expression(
    scope: Scope,
    node: ast.expr,
    name: str,
    parents: tuple[ast.expr, ...],
    scopes: tuple[ast.expr, ...] = (),
) -> None:
    """Report a client value that stands in an expression."""
    code, slots = _reason(scope, node, parents, scopes)
    where = parents[-1] if code in ("FAD301", "FAD210") and parents else node
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
    if isinstance(parent, ast.Attribute) and len(parents) > 1 and isinstance(parents[-2], ast.Call):
        if parent.attr in _NONLINEAR:
            return "FAD301", {"function": f"{scope.module.text.segment(parent)}"}
        if parent.attr in _LINEAR:
            return "FAD210", {"operation": f"reduced with `.{parent.attr}`"}
        if parent.attr in _READS:
            return "FAD210", {"operation": f"read with `.{parent.attr}`"}
        return "FAD203", {}
    if isinstance(parent, ast.Call) and node is not parent.func:
        return _call_reason(scope, parent)
    if isinstance(parent, ast.Subscript) and node is parent.value:
        return "FAD210", {"operation": "indexed"}
    if isinstance(parent, ast.Compare):
        return "FAD210", {"operation": "compared"}
    if scopes and not isinstance(scopes[-1], ast.Lambda) and node is _iterated(scopes[-1]):
        return "FAD210", {"operation": "iterated over"}
    return "FAD203", {}


def _iterated(comprehension: ast.expr) -> ast.expr | None:
    generators = getattr(comprehension, "generators", None)
    return generators[0].iter if generators else None


def _call_reason(scope: Scope, call: ast.Call) -> tuple[str, dict[str, str]]:
    text = scope.module.text.segment(call.func)
    last = (scope.module.resolve(call.func) or "").rpartition(".")[2]
    if last in _NONLINEAR:
        return "FAD301", {"function": text}
    if last in _LOOKS and isinstance(call.func, ast.Name):
        return "FAD210", {"operation": _LOOKS[last]}
    if last in _LINEAR:
        return "FAD210", {"operation": f"reduced with `{text}`"}
    return "FAD203", {}
