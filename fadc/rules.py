"""The calculus in one table: per primitive its placement, pushforward, transpose and traffic.

Rush, Charles, Garrett, *Federated Automatic Differentiation* (JMLR 25(357), 2024), §3: broadcast's
transpose is sum, sum's is broadcast, and map's is the map of the local pullback. A linear
operation is its own pushforward.

=============== ================= ================================== ===============================
primitive       placement         pushforward                        transpose
=============== ================= ================================== ===============================
broadcast v     server → clients  broadcast v_dot                    upload v_bar (the program's own)
sum v           clients → server  sum v_dot                          broadcast v_bar
mean v          clients → server  mean v_dot                         broadcast (v_bar / num_clients)
apply f         where f runs      apply jax.jvp(f)                   apply the pullback of jax.vjp(f)
=============== ================= ================================== ===============================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Broadcast,
    Builtin,
    Expression,
    Leaf,
    Mapped,
    Placement,
    Pushforward,
    Recomputed,
    Tree,
    Value,
    pack,
)
from fadc.ir.builder import Builder


@dataclass(frozen=True)
class Rule:
    """One row of the table. Traffic is the direction of an operation's messages, if it has any."""

    source: Placement | None
    target: Placement | None
    traffic: str | None
    pushforward: Callable[..., None]
    transpose: Callable[..., object]


def push_broadcast(
    build: Builder, primal: Broadcast, results: tuple[Value, ...], dots: tuple[Value, ...]
) -> None:
    """``broadcast(v_dot)``."""
    build.emit(replace(primal, values=dots, results=results))


def transpose_broadcast(
    build: Builder, mechanism: Aggregator, bar: Value, name: str, scaled: bool
) -> Value:
    """Upload the cotangent; ``scaled`` ones still wait for their division by the number of clients.

    The upload of a mean-like mechanism is a mean, so the number of clients is multiplied in unless
    it would be divided out again.
    """
    plain = mechanism.name is None
    if scaled and plain:
        return build.aggregate(Aggregator("mean"), bar, name)
    if mechanism.like == "sum":
        total = build.aggregate(mechanism, bar, name)
        return (
            build.apply(Builtin("over_clients"), (total,), name, Placement.SERVER)
            if scaled
            else total
        )
    mean = build.aggregate(mechanism, bar, name)
    return (
        mean if scaled else build.apply(Builtin("times_clients"), (mean,), name, Placement.SERVER)
    )


def push_aggregate(
    build: Builder, primal: Aggregate, results: tuple[Value, ...], dots: tuple[Value, ...]
) -> None:
    """The same aggregate of ``v_dot``."""
    build.emit(replace(primal, values=dots, results=results))


def transpose_aggregate(build: Builder, aggregator: Aggregator, bar: Value, name: str) -> Value:
    """``broadcast(v_bar)``, divided by the number of clients for a mean."""
    if aggregator.like == "mean":
        bar = build.apply(Builtin("over_clients"), (bar,), bar.name, Placement.SERVER, bar.type)
    return build.broadcast(bar, name)


def push_apply(
    build: Builder,
    primal: Apply,
    directions: tuple[tuple[int, ...], ...],
    dots: tuple[Tree, ...],
    result: Tree,
    result_dots: tuple[Tree, ...],
    stack: tuple[str, ...] | None = None,
) -> None:
    """``jax.jvp(f)``: the output beside its tangent, or its tangents along several directions."""
    assert isinstance(primal.function, Expression | Mapped | Builtin)
    function = Pushforward(primal.function, directions, stack)
    made = pack(result, *result_dots)
    build.emit(replace(primal, function=function, args=(*primal.args, *dots), result=made))


def transpose_apply(
    build: Builder,
    primal: Apply,
    pullback: Value | None,
    active: tuple[int, ...],
    bar: Tree,
    bars: Tree,
) -> None:
    """The pullback of ``jax.vjp(f)``, kept since the primal sweep or made again from the inputs."""
    if pullback is not None:
        args: tuple[Tree, ...] = (pullback, bar)
        build.emit(Apply(Builtin("pull"), args, bars, primal.placement, build.span, build.sweep))
        return
    assert isinstance(primal.function, Expression | Mapped | Builtin)
    function = Recomputed(primal.function, active)
    args = (*primal.args, bar)
    build.emit(Apply(function, args, bars, primal.placement, build.span, build.sweep))


RULES: dict[type, Rule] = {
    Broadcast: Rule(
        Placement.SERVER, Placement.CLIENTS, "down", push_broadcast, transpose_broadcast
    ),
    Aggregate: Rule(Placement.CLIENTS, Placement.SERVER, "up", push_aggregate, transpose_aggregate),
    Apply: Rule(None, None, None, push_apply, transpose_apply),
}


def array_leaf(value: Value, placement: Placement) -> Leaf:
    """The type of a value of the same shape at another placement."""
    return Leaf(placement, value.type.array if isinstance(value.type, Leaf) else None)
