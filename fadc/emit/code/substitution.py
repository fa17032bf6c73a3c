"""Capture-avoiding substitution of expressions for free names.

x * n               with n = a + b    →  x * (a + b)
lambda x: x * n     with n = x        →  lambda x_: x_ * x
[n for x in n]      with n = x        →  [x for x_ in x]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst

from fadc.emit.code.fstrings import refilled
from fadc.emit.code.precedence import fitted, spaced
from fadc.emit.code.scopes import (
    COMPREHENSIONS,
    PARTS,
    all_names,
    all_parameters,
    free_names,
    parameter_names,
    target_names,
    walrus_names,
)


def substitute(node: Any, values: Mapping[str, cst.BaseExpression]) -> Any:
    """An expression with values in place of free names, in parentheses where needed."""
    free = {name: free_names(value) for name, value in values.items()}
    scope = _entered(_Scope(dict(values), free), walrus_names(node), node)
    return _replaced(node, scope) if scope.values else node


@dataclass(frozen=True)
class _Scope:
    """The values of names in a scope, and the names that are free in these values."""

    values: dict[str, cst.BaseExpression]
    free: dict[str, frozenset[str]]

    def renamed(self, name: cst.Name) -> Any:
        """The new name of a bound name."""
        return self.values.get(name.value, name)


def _entered(scope: _Scope, bound: Iterable[str], *inner: Any) -> _Scope:
    """The scope inside nodes that bind names; bound names that would capture others are renamed."""
    bound = frozenset(bound)
    values = {name: value for name, value in scope.values.items() if name not in bound}
    free = {name: scope.free[name] for name in values}
    if not bound.isdisjoint(set().union(*free.values())):
        used = set().union(*map(free_names, inner)) & values.keys()
        taken = set().union(*(free[name] for name in used))
        avoid = taken.union(bound, *free.values(), *map(all_names, inner))
        for name in sorted(bound & taken):
            other = _fresh(name, avoid)
            avoid.add(other)
            values[name], free[name] = cst.Name(other), frozenset({other})
    return _Scope(values, free)


def _fresh(name: str, avoid: set[str]) -> str:
    while name in avoid:
        name += "_"
    return name


def _replaced(node: Any, scope: _Scope) -> Any:
    if isinstance(node, cst.Name):
        return _with_parentheses(scope.values.get(node.value, node), node)
    if isinstance(node, cst.Lambda):
        return _lambda(node, scope)
    if isinstance(node, COMPREHENSIONS):
        return _comprehension(node, scope)
    changes = _changes(node, PARTS.get(type(node), ()), scope)
    if not changes:
        return node
    made = spaced(node.with_changes(**changes))
    return refilled(node, made) if isinstance(made, cst.FormattedString) else made


def _with_parentheses(value: Any, node: cst.Name) -> Any:
    """A value in the parentheses that the name had, which may contain comments."""
    if value is node or not node.lpar:
        return value
    return value.with_changes(lpar=(*node.lpar, *value.lpar), rpar=(*value.rpar, *node.rpar))


def _changes(node: Any, fields: Iterable[str], scope: _Scope) -> dict[str, Any]:
    """The fields of a node that change by the substitution."""
    changes: dict[str, Any] = {}
    for field in fields:
        value = getattr(node, field)
        if isinstance(value, cst.CSTNode):
            made: Any = _replaced(value, scope)
            made = (
                fitted(made, node, field) if made is not value and hasattr(made, "lpar") else made
            )
        elif isinstance(value, tuple | list):
            made = _all_replaced(value, scope)
        else:
            continue
        if made is not value:
            changes[field] = made
    return changes


def _all_replaced(nodes: Any, scope: _Scope) -> Any:
    made = [_replaced(each, scope) for each in nodes]
    return nodes if all(a is b for a, b in zip(made, nodes, strict=True)) else made


def _lambda(node: cst.Lambda, scope: _Scope) -> Any:
    """Defaults are evaluated around a lambda, its body where its parameters are bound."""
    bound = parameter_names(node.params) | walrus_names(node.body)
    inner = _entered(scope, bound, node.body)
    changes = _changes(node, ["body"], inner)
    params = _changes(node.params, PARTS[cst.Parameters], scope)
    names = {each.name.value: inner.renamed(each.name) for each in all_parameters(node.params)}
    if params or any(name != new.value for name, new in names.items()):
        changes["params"] = _renamed(node.params.with_changes(**params), names)
    return node.with_changes(**changes) if changes else node


def _renamed(params: cst.Parameters, names: Mapping[str, cst.Name]) -> cst.Parameters:
    """Parameters under other names."""

    def renamed(value: Any) -> Any:
        if isinstance(value, cst.Param):
            return value.with_changes(name=names[value.name.value])
        return [renamed(each) for each in value] if isinstance(value, tuple | list) else value

    fields = (*PARTS[cst.Parameters], "star_arg", "star_kwarg")
    return params.with_changes(**{field: renamed(getattr(params, field)) for field in fields})


def _comprehension(node: Any, scope: _Scope) -> Any:
    """The first iterable is evaluated around a comprehension, all else where it binds names."""
    elements = [field for field in PARTS[type(node)] if field != "for_in"]
    clause: cst.CompFor = node.for_in
    rest = [clause.target, *clause.ifs, *([clause.inner_for_in] if clause.inner_for_in else [])]
    nodes = [*(getattr(node, field) for field in elements), *rest]
    inner = _entered(scope, target_names(node), *nodes)
    changes = _changes(node, elements, inner)
    clauses = _changes(clause, ["iter"], scope)
    clauses |= _changes(clause, ["target", "ifs", "inner_for_in"], inner)
    if clauses:
        changes["for_in"] = clause.with_changes(**clauses)
    return node.with_changes(**changes) if changes else node
