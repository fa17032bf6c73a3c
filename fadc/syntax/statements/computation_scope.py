"""The scope in which a computation is read, with facts about its names."""

from __future__ import annotations

import ast

from fadc.ir import Computation
from fadc.syntax.expressions.expressions import lower
from fadc.syntax.modules.module import Module
from fadc.syntax.scope.bindings import Meanings
from fadc.syntax.scope.scope import Readers, Scope
from fadc.syntax.source import names
from fadc.syntax.source.bound_names import Target, bound_names, names_assigned_by, target_of
from fadc.syntax.statements.statements import lower_block


def open_scope(
    module: Module,
    callees: dict[tuple[str, str], Computation],
    node: ast.FunctionDef,
    meanings: Meanings,
) -> Scope:
    """The scope in which a computation is read."""
    return Scope(
        module,
        callees,
        Readers(lower, lower_block),
        unpackings=_unpackings(node),
        local_names=frozenset(_locals(node)),
        meanings=meanings,
        function=node,
        identifiers=_identifiers(node),
    )


def _unpackings(node: ast.FunctionDef) -> dict[str, Target]:
    """The names that composites are unpacked into, as names for their parts."""
    found: dict[str, Target] = {}
    for inner in names.nodes(node):
        if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Name):
            target = target_of(inner.targets[0])
            if isinstance(target, tuple):
                found.setdefault(inner.value.id, target)
        elif isinstance(inner, ast.For) and isinstance(inner.iter, ast.Name):
            target = target_of(inner.target)
            if isinstance(target, tuple):
                found.setdefault(inner.iter.id, tuple(_plural(part) for part in target))
    return found


def _plural(target: Target) -> Target:
    if isinstance(target, tuple):
        return tuple(_plural(part) for part in target)
    return f"{target}s" if target else None


def _locals(node: ast.FunctionDef) -> set[str]:
    """The names that a computation binds, without those of comprehensions."""
    found = set(names.parameters(node)) | set(names_assigned_by(names.nodes(node)))
    foreign: set[str] = set()
    listed = names.nodes(node)
    lambdas = [inner for inner in listed if isinstance(inner, ast.Lambda)]
    theirs = {id(inner) for each in lambdas for inner in ast.walk(each)}
    for inner in listed:
        if isinstance(inner, ast.Global | ast.Nonlocal):
            foreign.update(inner.names)
        elif isinstance(inner, ast.NamedExpr) and id(inner) not in theirs:
            found.add(inner.target.id)
        elif isinstance(inner, ast.stmt) and inner is not node and not isinstance(inner, _READ):
            found |= bound_names(inner)
    return found - foreign


def _identifiers(node: ast.FunctionDef) -> set[str]:
    """Every name in a computation."""
    listed = names.nodes(node)
    return {n.id for n in listed if isinstance(n, ast.Name)} | {
        n.arg for n in listed if isinstance(n, ast.arg)
    }


_READ = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.If | ast.Expr | ast.Return
"""Statements whose names, apart from those that comprehensions bind, are assigned."""
