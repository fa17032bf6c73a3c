"""The names that an expression binds, and those that are free in it.

lambda x, n=n: x * n + c      takes n and c
[f(x) for x in xs if (y := x)]   takes f and xs, binds y around it
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import libcst as cst

PARTS: Final[dict[type[cst.CSTNode], tuple[str, ...]]] = {
    cst.Arg: ("value",),
    cst.Attribute: ("value",),
    cst.Await: ("expression",),
    cst.BinaryOperation: ("left", "right"),
    cst.BooleanOperation: ("left", "right"),
    cst.Call: ("func", "args"),
    cst.Comparison: ("left", "comparisons"),
    cst.ComparisonTarget: ("comparator",),
    cst.CompFor: ("target", "iter", "ifs", "inner_for_in"),
    cst.CompIf: ("test",),
    cst.ConcatenatedString: ("left", "right"),
    cst.Dict: ("elements",),
    cst.DictComp: ("key", "value", "for_in"),
    cst.DictElement: ("key", "value"),
    cst.Element: ("value",),
    cst.FormattedString: ("parts",),
    cst.FormattedStringExpression: ("expression", "format_spec"),
    cst.From: ("item",),
    cst.GeneratorExp: ("elt", "for_in"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.Index: ("value",),
    cst.Lambda: ("params", "body"),
    cst.List: ("elements",),
    cst.ListComp: ("elt", "for_in"),
    cst.NamedExpr: ("target", "value"),
    cst.Param: ("default",),
    cst.Parameters: ("posonly_params", "params", "kwonly_params"),
    cst.Set: ("elements",),
    cst.SetComp: ("elt", "for_in"),
    cst.Slice: ("lower", "upper", "step"),
    cst.StarredDictElement: ("value",),
    cst.StarredElement: ("value",),
    cst.Subscript: ("value", "slice"),
    cst.SubscriptElement: ("slice",),
    cst.Tuple: ("elements",),
    cst.UnaryOperation: ("expression",),
    cst.Yield: ("value",),
}
"""The fields of a node with expressions, or with nodes that contain some."""

COMPREHENSIONS: Final = (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)

_WORDS: Final = frozenset({"None", "True", "False"})


def parts(node: cst.CSTNode) -> Iterator[Any]:
    """The nodes below a node."""
    for field in PARTS.get(type(node), ()):
        value = getattr(node, field)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, tuple | list):
            yield from value


def free_names(node: cst.CSTNode) -> frozenset[str]:
    """The free names of an expression."""
    return frozenset(_free(node) - walrus_names(node))


def free_in_order(node: cst.CSTNode) -> list[str]:
    """The free names of an expression, in the order of the text."""
    free = free_names(node)
    return [name for name in dict.fromkeys(names_in_order(node)) if name in free]


def names_in_order(node: cst.CSTNode) -> Iterator[str]:
    """The names that are read or bound in an expression, except parameters."""
    if isinstance(node, cst.Name):
        yield node.value
    for part in parts(node):
        yield from names_in_order(part)


def _free(node: Any) -> set[str]:
    match node:
        case cst.Name(value=name):
            return set() if name in _WORDS else {name}
        case cst.NamedExpr(value=value):
            return _free(value)
        case cst.Lambda(params=params, body=body):
            return _free(params) | _free(body) - parameter_names(params) - walrus_names(body)
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp():
            return _free(node.for_in.iter) | inside(node) - target_names(node)
    return set().union(*map(_free, parts(node)))


def inside(node: Any) -> set[str]:
    """The names in a comprehension, except in its first iterable."""
    first = node.for_in
    elements = (node.key, node.value) if isinstance(node, cst.DictComp) else (node.elt,)
    rest = (*elements, first.target, *first.ifs, first.inner_for_in)
    return set().union(*(_free(each) for each in rest if each is not None))


def parameter_names(params: cst.Parameters) -> set[str]:
    """The names of parameters, including ``*args`` and ``**kwargs``."""
    return {each.name.value for each in all_parameters(params)}


def all_parameters(params: cst.Parameters) -> list[cst.Param]:
    """The parameters in their order."""
    listed = [*params.posonly_params, *params.params, params.star_arg, *params.kwonly_params]
    return [each for each in (*listed, params.star_kwarg) if isinstance(each, cst.Param)]


def target_names(node: Any) -> set[str]:
    """The names that a comprehension binds."""
    found, clause = set[str](), node.for_in
    while clause is not None:
        found |= _targets(clause.target)
        clause = clause.inner_for_in
    return found


def _targets(node: cst.CSTNode) -> set[str]:
    match node:
        case cst.Name(value=name):
            return {name}
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return set().union(*(_targets(each.value) for each in elements))
    return set()


def walrus_names(node: cst.CSTNode) -> set[str]:
    """The names that an expression binds in the scope around it, by ``:=``."""
    if isinstance(node, cst.Lambda):
        return walrus_names(node.params)
    found = set().union(*map(walrus_names, parts(node)))
    if isinstance(node, cst.NamedExpr) and isinstance(node.target, cst.Name):
        found.add(node.target.value)
    return found


def all_names(node: cst.CSTNode) -> set[str]:
    """All names in an expression, free or bound."""
    found = set().union(*map(all_names, parts(node)))
    match node:
        case cst.Name(value=name):
            found.add(name)
        case cst.Lambda(params=params):
            found |= parameter_names(params)
    return found
