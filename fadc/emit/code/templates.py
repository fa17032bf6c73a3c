"""Code with holes: ``expression("fed.map($f, $args...)", f=function, args=[first, second])``.

A hole ``$f`` is filled with an expression, in parentheses where needed, or with a string in the
place of a name: ``def $name(...)``, ``$module.zeros``, ``f($keyword=1)``. ``$args...`` is filled
with any number of arguments, elements, parameters, decorators or statements.

A template is parsed once. Nodes without holes are shared by all code made from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final

import libcst as cst

from fadc.emit.code.precedence import fitted, held, needed, spaced

Fill = Callable[[Mapping[str, Any]], Any]
"""Makes a template's node, given the fillers of its holes."""

_HOLE = re.compile(r"\$(\w+)(\.\.\.)?")
_MARK: Final = "hole__"
_MARKED = re.compile(rf"{_MARK}(\w+?)(__all)?")


def expression(template: str, **holes: Any) -> Any:
    """An expression.

    expression("$left * $right", left=name("a"), right=sum_of_b_and_c)  →  a * (b + c)
    """
    return _expression(template)(holes)


def statement(template: str, **holes: Any) -> Any:
    """One statement; its suites are indented by four spaces.

    statement("for $i in $items:\\n    $body...", i=name("i"), items=items, body=[first, second])
    """
    [made] = statements(template, **holes)
    return made


def statements(template: str, **holes: Any) -> list[Any]:
    """Statements.

    statements("$y = $value\\nreturn $y", y=name("y"), value=value)
    """
    return [make(holes) for make in _module(template)]


@cache
def _expression(template: str) -> Fill:
    node, found = cst.parse_expression(_marked(template)), set[str]()
    fill = _filler(node, found) or _same(node)
    _check(template, found)
    return fill


@cache
def _module(template: str) -> list[Fill]:
    module = cst.parse_module(_marked(template))
    found: set[str] = set()
    fills = [_filler(each, found) or _same(each) for each in module.body]
    _check(template, found)
    return fills


def _marked(template: str) -> str:
    """The template with names instead of holes."""
    return _HOLE.sub(lambda found: _MARK + found[1] + ("__all" if found[2] else ""), template)


def _same(node: cst.CSTNode) -> Fill:
    return lambda _: node


def _check(template: str, found: set[str]) -> None:
    if lost := {name for name, _ in _HOLE.findall(template)} - found:
        raise ValueError(f"No hole for {', '.join(sorted(lost))} can be in: {template}")


# Holes -----------------------------------------------------------------------------------------


def _hole(node: object, spliced: bool) -> str | None:
    """The name of the hole that a node or text in the tree represents."""
    text = node.value if isinstance(node, cst.Name) else node
    found = _MARKED.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found and bool(found[2]) is spliced else None


_LONELY: Final[dict[type[cst.CSTNode], str]] = {
    cst.Arg: "value",
    cst.Element: "value",
    cst.Expr: "value",
    cst.Decorator: "decorator",
    cst.Param: "name",
    cst.SubscriptElement: "slice",
    cst.Index: "value",
    cst.AssignTarget: "target",
}


def _splice(node: object) -> str | None:
    """The name of the hole for several things that an element consists of."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        return _splice(node.body[0])
    if (field := _LONELY.get(type(node))) is not None:  # type: ignore[arg-type]
        return _splice(getattr(node, field))
    return _hole(node, spliced=True)


def _filler(node: Any, found: set[str]) -> Fill | None:
    """A function that rebuilds a node with its holes filled, or None if it has none."""
    changes = {
        field.name: fill
        for field in fields(node)
        if (fill := _field(node, field.name, getattr(node, field.name), found))
    }
    if not changes:
        return None

    def made(holes: Mapping[str, Any]) -> Any:
        return node.with_changes(**{name: make(holes) for name, make in changes.items()})

    return (lambda holes: spaced(made(holes))) if spaced(node) is not node else made


def _field(parent: Any, field: str, value: object, found: set[str]) -> Fill | None:
    if isinstance(value, cst.Parameters) and (name := _only_parameter(value)):
        found.add(name)
        return _parameters_filled(name)
    if name := _hole(value, spliced=False):
        found.add(name)
        return _one_filled(name, parent, field, isinstance(value, str))
    if isinstance(value, cst.CSTNode):
        return _filler(value, found)
    if isinstance(value, tuple | list):
        return _sequence(parent, value, found)
    return None


def _parameters_filled(name: str) -> Fill:
    return lambda holes: parameters(holes[name])


def _one_filled(name: str, parent: cst.CSTNode, field: str, is_text: bool) -> Fill:
    if is_text:
        return lambda holes: holes[name]
    if isinstance(parent, cst.Attribute | cst.UnaryOperation):
        return lambda holes: fitted(_node(holes[name]), parent, field)
    level = needed(parent, field)
    return lambda holes: held(_node(holes[name]), level)


def _node(value: Any) -> Any:
    return cst.Name(value) if type(value) is str else value


def _sequence(parent: Any, nodes: Sequence[Any], found: set[str]) -> Fill | None:
    """A function that rebuilds a sequence, with any number of nodes for a hole ``$name...``."""
    fills: list[Fill | None] = []
    for node in nodes:
        if name := _splice(node):
            found.add(name)
            fills.append(_several(name, node))
        else:
            fills.append(_one(node, _filler(node, found)))
    if not any(map(_splice, nodes)) and not any(fills):
        return None

    def fill(holes: Mapping[str, Any]) -> list[Any]:
        made: list[Any] = []
        for node, make in zip(nodes, fills, strict=True):
            made += make(holes) if make else [node]
        return _without_commas(made)

    return fill


def _several(name: str, node: Any) -> Fill:
    return lambda holes: [element(each, node) for each in holes[name]]


def _one(node: Any, make: Fill | None) -> Fill | None:
    return (lambda holes: [make(holes)]) if make else None


def _without_commas(nodes: list[Any]) -> list[Any]:
    """Nodes with the default commas of libcst between them."""
    default = cst.MaybeSentinel.DEFAULT
    return [
        node if getattr(node, "comma", default) is default else node.with_changes(comma=default)
        for node in nodes
    ]


# Things that are spliced -----------------------------------------------------------------------


def element(node: Any, like: cst.CSTNode) -> Any:
    """A node wrapped as an element of the same kind as another one, unless it is an element."""
    node = _node(node)
    wrap = _WRAPS.get(type(like))
    return wrap(node) if wrap and hasattr(node, "lpar") else _statement(node)


def _index(node: Any) -> cst.SubscriptElement:
    return cst.SubscriptElement(cst.Index(held(node)))


_WRAPS: Final[dict[type[cst.CSTNode], Callable[[Any], Any]]] = {
    cst.Arg: lambda node: cst.Arg(held(node)),
    cst.Element: lambda node: cst.Element(held(node)),
    cst.Decorator: lambda node: cst.Decorator(held(node)),
    cst.SubscriptElement: _index,
    cst.Param: cst.Param,
}


def _statement(node: Any) -> Any:
    """A small statement as a line of its own; other nodes, also slices, unchanged."""
    if isinstance(node, cst.BaseSmallStatement):
        return cst.SimpleStatementLine([node])
    return cst.SubscriptElement(node) if isinstance(node, cst.Slice | cst.Index) else node


def _only_parameter(node: cst.Parameters) -> str | None:
    """The hole that all parameters of a definition consist of."""
    return _splice(node.params[0]) if len(node.params) == 1 else None


def parameters(listed: cst.Parameters | Iterable[Any]) -> cst.Parameters:
    """The parameters of a definition; those after ``"*"`` are keyword-only.

    ["x", "*", param("y", default=one)]  →  x, *, y=1
    """
    if isinstance(listed, cst.Parameters):
        return listed
    positional: list[cst.Param] = []
    by_keyword: list[cst.Param] = []
    made = positional
    for each in listed:
        if each == "*":
            made = by_keyword
        else:
            made.append(cst.Param(cst.Name(each)) if isinstance(each, str) else each)
    star = cst.ParamStar() if by_keyword else cst.MaybeSentinel.DEFAULT
    return cst.Parameters(positional, star_arg=star, kwonly_params=by_keyword)
