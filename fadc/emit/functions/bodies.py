"""The bodies of derived local functions, and the parameters that they add to the primal's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import BLANK, below, call, name, return_, tuple_
from fadc.emit.code.queries import function_name
from fadc.emit.code.statements import assignment
from fadc.emit.code.user import free_names
from fadc.emit.context import Context
from fadc.emit.displays import displayed
from fadc.emit.fresh_names import fresh_names
from fadc.emit.functions.calls import builtin_call, function_of, jvp, primal_call, vjp
from fadc.emit.functions.jacobians import accumulated, chain_function
from fadc.emit.functions.primals import Derived, Primal
from fadc.ir import Accumulated, Builtin, Chain, Linearized, Pushforward

Body = tuple[list[Any], list[str]]
"""The statements of a derived function, and the parameters after the primal's."""


def body_of(context: Context, function: Derived, primal: Primal) -> Body:
    """The body of a derived function."""
    if isinstance(function, Accumulated):
        return _accumulated(context, function, primal), []
    active = primal.names_at(function.active)
    called = _called(context, primal)
    if isinstance(function, Pushforward):
        return _pushed(context, function, primal, called)
    linearized = vjp(context, active, called, names_of(active))
    if isinstance(function, Linearized):
        return [return_(linearized)], []
    return _recomputed(context, primal, linearized)


def names_of(words: Sequence[str]) -> list[Any]:
    """Names as expressions."""
    return [name(word) for word in words]


def _called(context: Context, primal: Primal) -> Any:
    """The call of the primal function with the derived function's parameters."""
    assert not isinstance(primal.base, Chain)
    arguments = displayed(context, primal.positional, iter(names_of(primal.names)))
    return primal_call(context, primal.base, arguments, primal.keywords, primal.path)


def _accumulated(context: Context, function: Accumulated, primal: Primal) -> list[Any]:
    """The output and its Jacobian; several steps are first defined as one function."""
    active, proven = primal.names_at(function.active), primal.are_arrays(function.active)
    if not isinstance(primal.base, Chain):
        whole = function_of(active, _called(context, primal))
        return [accumulated(context, function, active, whole, proven)]
    inner = chain_function(context, primal.base, primal, active)
    returned = accumulated(context, function, active, name(function_name(inner)), proven)
    return [inner, below([BLANK], returned)]


def _recomputed(context: Context, primal: Primal, linearized: Any) -> Body:
    """The pullback of the primal function, which is run again.

    _, pullback = jax.vjp(…)
    return fed.pull(pullback, out_bar)
    """
    bar = "out_bar" if "out_bar" not in primal.taken else "v_bar"
    unused, pullback, bar = fresh_names(["_", "pullback", bar], set(primal.taken))
    target = tuple_(names_of([unused, pullback]))
    pulled = call(context.name("fed.pull"), *names_of([pullback, bar]))
    return [assignment(target, linearized), return_(pulled)], [bar]


def _pushed(context: Context, function: Pushforward, primal: Primal, called: Any) -> Body:
    """The output and its tangents; several directions share one linearization."""
    active = primal.names_at(function.active)
    named = [word for direction in function.directions for word in primal.names_at(direction)]
    suffix = "dot" if function.stack is None else "dots"
    dots = fresh_names([f"{word}_{suffix}" for word in named], set(primal.taken))
    if len(function.directions) == 1:
        pushed = jvp(context, function, active, called, names_of(active), names_of(dots))
        return [return_(pushed)], dots
    out, push = fresh_names(["out", "push"], {*primal.taken, *dots, *free_names(called)})
    linearize = context.name("jax.linearize")
    linearized = call(linearize, function_of(active, called), *names_of(active))
    parts = [name(out), *_along(context, function, primal, push, dots)]
    return [assignment(tuple_(names_of([out, push])), linearized), return_(*parts)], dots


def _along(
    context: Context, function: Pushforward, primal: Primal, push: str, dots: Sequence[str]
) -> list[Any]:
    """The tangents along several directions, linear in the tangents of the arguments."""
    rest = iter(dots)

    def tangent(slot: int, direction: tuple[int, ...]) -> Any:
        if slot in direction:
            return name(next(rest))
        return builtin_call(context, Builtin("zeros_like"), [name(primal.name_at(slot))])

    return [
        call(push, *(tangent(slot, direction) for slot in function.active))
        for direction in function.directions
    ]
