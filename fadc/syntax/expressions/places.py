"""The places of nodes in an expression, and the kinds of expressions that are refused there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fadc.ir import Node, Placement, Value
from fadc.syntax.expressions.references import names_read, refuse_global
from fadc.syntax.modules.module import PACKAGE
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_unknown, one_placement, word
from fadc.syntax.source.names import is_shape_of

_GENERATOR = "makes it a generator, which has no single result"
_REFUSED = {
    ast.NamedExpr: ("an assignment expression", "binds a name outside a statement"),
    ast.Yield: ("`yield`", _GENERATOR),
    ast.YieldFrom: ("`yield from`", _GENERATOR),
}


@dataclass(frozen=True)
class Place:
    """The place of a node in an expression.

    ``bound`` are the names that lambdas and comprehensions around it bind, ``scopes`` these lambdas
    and comprehensions, ``parents`` the nearest expressions around it, innermost last. It is
    ``guarded`` if it is evaluated only depending on an operand before it.
    """

    bound: frozenset[str] = frozenset()
    scopes: tuple[ast.expr, ...] = ()
    parents: tuple[ast.expr, ...] = ()
    guarded: bool = False


def refuse_kind(scope: Scope, node: ast.expr, place: Place) -> bool:
    """Report an expression of a kind that is outside the language."""
    if isinstance(node, ast.Await) or any(g.is_async for g in getattr(node, "generators", ())):
        scope.report("FAD105", node)
        return True
    own = isinstance(node, ast.NamedExpr) and any(isinstance(s, ast.Lambda) for s in place.scopes)
    if type(node) not in _REFUSED or own:
        return False
    expression, problem = _REFUSED[type(node)]
    scope.report("FAD122", node, expression=expression, problem=problem)
    if isinstance(node, ast.NamedExpr):
        scope.bindings[node.target.id] = scope.report_nothing()
    return True


def is_refused(scope: Scope, callee: ast.expr, place: Place) -> bool:
    """Whether a callee is refused, so that nothing is known of its arguments."""
    *_, root = (part.id if isinstance(part, ast.Name) else None for part in _chain(callee))
    if root is None or root in place.bound:
        return False
    if root not in scope.local_names:
        if scope.module.resolve(callee) == f"{PACKAGE}.aggregator":
            return True  # It has been reported as not being at module level.
        parts = [part for part in _chain(callee) if isinstance(part, ast.Name | ast.Attribute)]
        return any(refuse_global(scope, part) for part in parts)
    binding = scope.bindings.get(root)
    return is_unknown(binding)


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that a callee consists of: ``a.b[0]``, ``a.b`` and ``a`` for ``a.b[0]``."""
    yield node
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
        yield node


def refuse_condition(scope: Scope, test: ast.expr, place: Place) -> bool:
    """Report a condition on a placed value."""
    for name in names_read(scope, test):
        binding = scope.bindings.get(name)
        if name in place.bound or not isinstance(binding, Value | Node) or is_shape_of(test, name):
            continue
        if one_placement(binding) is not Placement.STATIC:
            what = "conditional expression"
            scope.report("FAD209", test, what=what, placement=word(binding))
            return True
    return False
