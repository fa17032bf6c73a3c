"""Server expressions that JAX differentiates: ``jax.vjp(lambda w, lr: w - lr * g, w, lr)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fadc.emit.code.nodes import name
from fadc.emit.code.queries import name_of
from fadc.emit.code.scopes import free_in_order, free_names
from fadc.emit.computations.emission import Emission
from fadc.emit.computations.server_builtins import is_proven
from fadc.emit.context import Context
from fadc.emit.displays import display
from fadc.emit.functions.calls import builtin_call, jvp, vjp
from fadc.emit.local_code import local_code
from fadc.ir import (
    Apply,
    Builtin,
    Expression,
    Linearized,
    Literal,
    Node,
    Pushforward,
    Tree,
    Value,
    slots,
)
from fadc.syntax.source.names import fresh


def split_tangents(operation: Apply) -> tuple[tuple[Tree, ...], tuple[Tree, ...]]:
    """The arguments of a differentiated expression, and their tangents in forward mode."""
    function = operation.function
    extra = len(function.active) if isinstance(function, Pushforward) else 0
    count = len(operation.args) - extra
    return operation.args[:count], operation.args[count:]


def differentiated(
    emission: Emission, operation: Apply, texts: Sequence[Any], dots: Sequence[Any]
) -> Any:
    """``jax.vjp`` or ``jax.jvp`` of a server expression, as a lambda over its active arguments.

    ``texts`` are the expressions of its arguments, one per leaf, ``dots`` the tangents.
    """
    function = operation.function
    assert isinstance(function, Pushforward | Linearized)
    base, active = function.function, function.active
    flat = list(slots(split_tangents(operation)[0]))
    hints = base.parameters if isinstance(base, Expression) else _hints(flat)
    names = _lambda_names(texts, hints, active)
    body = _body(
        emission,
        operation,
        [name(names[i]) if i in names else text for i, text in enumerate(texts)],
    )
    bound = _bound_in_loop(emission, flat, texts, names)
    parameters, primals = list(names.values()), [texts[i] for i in active]
    if isinstance(function, Linearized):
        return vjp(emission.context, parameters, body, primals, bound)
    return jvp(emission.context, function, parameters, body, primals, dots, bound)


def _body(emission: Emission, operation: Apply, inner: Sequence[Any]) -> Any:
    """The expression in terms of the lambda's parameters and captured names."""
    assert isinstance(operation.function, Pushforward | Linearized)
    base = operation.function.function
    if isinstance(base, Expression):
        values = dict(zip(base.parameters, inner, strict=True))
        return local_code(emission.context, base.source, operation.span.path, values)
    assert isinstance(base, Builtin)
    own, _ = split_tangents(operation)
    given = _regrouped(emission.context, own, iter(inner))
    return builtin_call(emission.context, base, given, is_proven(operation))


def _regrouped(context: Context, trees: Sequence[Tree], rest: Iterator[Any]) -> list[Any]:
    """Displays of trees, from expressions for their leaves."""

    def build(tree: Tree) -> Any:
        if isinstance(tree, Node):
            return display(context, tree, [build(child) for child in tree.children])
        return next(rest)

    return [build(tree) for tree in trees]


def _bound_in_loop(
    emission: Emission,
    flat: Sequence[Value | Literal],
    texts: Sequence[Any],
    names: Mapping[int, str],
) -> list[str]:
    """The values of an iteration that a lambda captures: it binds them as defaults."""
    found: list[str] = []
    for index, (leaf, text) in enumerate(zip(flat, texts, strict=True)):
        if index not in names and isinstance(leaf, Value) and leaf in emission.iterated:
            found += free_in_order(text)
    own = {*names.values()}
    return [w for w in dict.fromkeys(found) if w in emission.locals and w not in own]


def _hints(flat: Sequence[Value | Literal]) -> tuple[str, ...]:
    """Names for parameters whose arguments are not names."""
    return tuple(
        leaf.name if isinstance(leaf, Value) else f"argument_{i}" for i, leaf in enumerate(flat)
    )


def _lambda_names(
    texts: Sequence[Any], hints: Sequence[str], active: Sequence[int]
) -> dict[int, str]:
    """Parameter names for a differentiated expression: the arguments, where these are names."""
    captured = frozenset[str]().union(
        *(free_names(text) for i, text in enumerate(texts) if i not in active)
    )
    names: dict[int, str] = {}
    for i in active:
        names[i] = fresh(name_of(texts[i]) or hints[i], {*captured, *names.values()})
    return names
