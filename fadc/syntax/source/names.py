"""The names that are free in an expression, and walks over its nodes."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from functools import lru_cache

STATIC_ATTRIBUTES = ("shape", "ndim", "dtype")
"""The attributes of a server value that are known before the program runs."""

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Visit = tuple[ast.expr, frozenset[str], tuple[ast.expr, ...]]


def visit(node: ast.expr, bound: frozenset[str] = frozenset()) -> Iterator[Visit]:
    """Every expression inside a node, with the names bound there and the scopes around it.

    A scope is a lambda or a comprehension. It is iterative, so that long chains do not exhaust the
    stack. Callers skip nodes that they have handled with ``prune``.
    """
    stack: list[Visit] = [(node, bound, ())]
    while stack:
        current, names, scopes = stack.pop()
        yield current, names, scopes
        stack.extend(reversed(list(inside(current, names, scopes))))


def inside(node: ast.expr, names: frozenset[str], scopes: tuple[ast.expr, ...]) -> Iterator[Visit]:
    if isinstance(node, ast.Lambda):
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            yield default, names, scopes
        yield node.body, names | parameters(node) | _assigned_inside(node.body), (*scopes, node)
    elif isinstance(node, _COMPREHENSIONS):
        yield from _comprehension(node, names, scopes)
    else:
        for child in children(node):
            yield child, names, scopes


def _assigned_inside(node: ast.expr) -> frozenset[str]:
    """The names that assignment expressions bind."""
    return frozenset(n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
    names: frozenset[str],
    scopes: tuple[ast.expr, ...],
) -> Iterator[Visit]:
    inner = (*scopes, node)
    for generator in node.generators:
        yield generator.iter, names, inner
        names = names | {n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)}
        for condition in generator.ifs:
            yield condition, names, inner
    parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for part in parts:
        yield part, names, inner


def children(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions directly inside a node, including keyword values and slices."""
    for part in parts(node):
        if isinstance(part, ast.expr):
            yield part
        else:
            yield from children(part)


def parts(node: ast.AST) -> list[ast.AST]:
    """The nodes directly inside a node that have fields: no contexts, operators or ``pass``."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST) and each._fields]
        elif isinstance(value, ast.AST) and value._fields:
            found.append(value)
    return found


@lru_cache(maxsize=64)
def nodes(root: ast.AST) -> tuple[ast.AST, ...]:
    """A tree's nodes, outer ones first.

    The result is cached, since a computation is walked several times.
    """
    found = [root]
    for node in found:
        found += parts(node)
    return tuple(found)


def parameters(node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The names that a function's parameters bind."""
    args = node.args
    plain = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    rest = [extra for extra in (args.vararg, args.kwarg) if extra]
    return frozenset(argument.arg for argument in [*plain, *rest])


def positional(node: ast.Lambda | ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]


def first_starred(node: ast.Call) -> ast.Starred | ast.keyword | None:
    """The first starred argument of a call, with one star or two."""
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            return argument
    return next((keyword for keyword in node.keywords if keyword.arg is None), None)


def free_names(node: ast.expr) -> dict[str, ast.Name]:
    """The names that are free in an expression, in order of first appearance."""
    found: dict[str, ast.Name] = {}
    for current, bound, _ in visit(node):
        if isinstance(current, ast.Name) and current.id not in bound:
            found.setdefault(current.id, current)
    return found


def root(node: ast.expr) -> str | None:
    """The name that a dotted name begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def owner_node(node: ast.expr) -> ast.expr:
    """The expression of which attributes and subscripts take a part."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def owner(node: ast.expr) -> str | None:
    """The name of which an expression takes a part, by attributes or subscripts."""
    found = owner_node(node)
    return found.id if isinstance(found, ast.Name) else None


def is_shape_of(node: ast.expr, name: str) -> bool:
    """Whether an expression reads only the shape, rank or dtype of a name."""
    for inner, bound, _ in visit(node):
        for child in children(inner):
            if isinstance(child, ast.Name) and child.id == name and name not in bound:
                if not (isinstance(inner, ast.Attribute) and inner.attr in STATIC_ATTRIBUTES):
                    return False
    return not (isinstance(node, ast.Name) and node.id == name)


def fresh(name: str, taken: Container[str]) -> str:
    """The name, or the name with the first free number."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
