"""The calculus in one table: the pushforward and the transpose of each operation.

``%r_dot`` is the tangent of ``%r`` and ``%r_bar`` its cotangent. Rush, Charles, Garrett, *Federated
Automatic Differentiation* (JMLR 25(357), 2024), §3: broadcast's transpose is sum, sum's is broadcast, and
map's is the map of the local pullback. A linear operation is its own pushforward.

=========================== ===================================== ====================================
operation                   pushforward                           transpose
=========================== ===================================== ====================================
%r = broadcast %v           %r_dot = broadcast %v_dot             %v_bar = aggregate sum %r_bar
%r = aggregate sum %v       %r_dot = aggregate sum %v_dot         %v_bar = broadcast %r_bar
%r = aggregate mean %v      %r_dot = aggregate mean %v_dot        %s = apply server over_clients (%r_bar)
                                                                  %v_bar = broadcast %s
%r = apply clients f (%a)   (%r, (%r_dot)) =                      (%a_bar) = apply clients
                            apply clients jvp[0] f (%a, %a_dot)   pull (%r_pullback, %r_bar)
%r = call f(%a)             (%r, %r_dot) = call f_jvp(%a, %a_dot) (%a_bar) = call f_bwd(%residuals, %r_bar)
loop carrying (%p = %a) {   carrying (%p = %a, %p_dot = %a_dot) { reversed, carrying (%p_bar = %r_bar) {
  next (%q) } -> (%r)         next (%q, %q_dot) } -> (%r, %r_dot)   next (%q_bar) } -> (%a_bar)
branch %c { … } else { … }  tangents in both arms                 the transpose of either arm
%r = %a | %b                %r_dot = %a_dot | %b_dot              %v_bar = %v_bar.1 | %v_bar.2
=========================== ===================================== ====================================

The linearization precedes the transpose: the primal sweep keeps what the reverse sweep needs, the
pullback of each local function and the residuals of each call. Linear operations keep nothing.

    (%r, %r_pullback) = apply clients vjp[0] f (%a)         (%r, %residuals) = call f_fwd(%a)

The built-in functions have a table of their own, in ``builtin_functions``.
"""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Carried,
    Choice,
    Expression,
    Linearized,
    Loop,
    Mapped,
    Node,
    Placement,
    Pushforward,
    Recomputed,
    Source,
    Stack,
    Tree,
    Value,
    pack,
)
from fadc.ir.builder import Builder

# %r = broadcast %v -----------------------------------------------------------------------------


def push_broadcast(
    build: Builder, primal: Broadcast, dots: tuple[Value, ...], result_dots: tuple[Value, ...]
) -> None:
    """``%r_dot = broadcast %v_dot``, all tangents of one message in one message."""
    build.emit(replace(primal, values=dots, results=result_dots))


def transpose_broadcast(
    build: Builder, mechanism: Aggregator, bar: Value, name: str, scaled: bool
) -> Value:
    """``%v_bar = aggregate sum %r_bar``, through the program's own mechanism.

    A ``scaled`` cotangent still has to be divided by the number of clients. A mean does so by
    itself: ``%v_bar = aggregate mean %r_bar``. With other mechanisms, a division or a
    multiplication follows.
    """
    if scaled and mechanism.name is None:
        return build.aggregate(Aggregator("mean"), bar, name)
    total = build.aggregate(mechanism, bar, name)
    if scaled == (mechanism.like == "mean"):
        return total
    factor = Builtin("over_clients" if scaled else "times_clients")
    return build.apply(factor, (total,), name, Placement.SERVER)


# %r = aggregate sum %v -------------------------------------------------------------------------


def push_aggregate(
    build: Builder, primal: Aggregate, dots: tuple[Value, ...], result_dots: tuple[Value, ...]
) -> None:
    """``%r_dot = aggregate sum %v_dot``, by the same mechanism and in one message."""
    build.emit(replace(primal, values=dots, results=result_dots))


def transpose_aggregate(build: Builder, aggregator: Aggregator, bar: Value, name: str) -> Value:
    """``%v_bar = broadcast %r_bar``; for a mean, first divided by the number of clients."""
    if aggregator.like == "mean":
        over = Builtin("over_clients")
        bar = build.apply(over, (bar,), bar.name, Placement.SERVER, bar.type)
    return build.broadcast(bar, name)


# %r = apply clients f (%a) ---------------------------------------------------------------------


def push_apply(
    build: Builder,
    primal: Apply,
    function: Pushforward,
    dots: tuple[Tree, ...],
    result: Tree,
    result_dots: tuple[Tree, ...],
) -> None:
    """``(%r, (%r_dot)) = apply clients jvp[0] f (%a, %a_dot)``, with one tangent per direction."""
    made = pack(result, *result_dots)
    build.emit(replace(primal, function=function, args=(*primal.args, *dots), result=made))


def linearize_apply(primal: Apply, active: tuple[int, ...], ruled: bool, pullback: Value) -> Apply:
    """``(%r, %r_pullback) = apply clients vjp[0] f (%a)``."""
    assert isinstance(primal.function, Expression | Mapped | Builtin)
    function = Linearized(primal.function, active, ruled)
    return replace(primal, function=function, result=pack(primal.result, pullback))


def transpose_apply(
    build: Builder,
    primal: Apply,
    pullback: Value | None,
    active: tuple[int, ...],
    bar: Tree,
    arg_bars: tuple[Value, ...],
) -> None:
    """``(%a_bar) = apply clients pull (%r_pullback, %r_bar)``, with the pullback of the primal sweep.

    Without one, the function runs again: ``(%a_bar) = apply clients pullback[0] f (%a, %r_bar)``.
    """
    found = Node("tuple", arg_bars)
    if pullback is None:
        assert isinstance(primal.function, Expression | Mapped | Builtin)
        again = Recomputed(primal.function, active)
        build.emit_apply(again, (*primal.args, bar), found, primal.placement)
    else:
        build.emit_apply(Builtin("pull"), (pullback, bar), found, primal.placement)


# %r = call f(%a) -------------------------------------------------------------------------------


def push_call(
    build: Builder, primal: Call, name: str, dots: tuple[Value, ...], result_dots: Tree
) -> None:
    """``(%r, %r_dot) = call f_jvp(%a, %a_dot)``."""
    args, result = (*primal.args, *dots), pack(primal.result, result_dots)
    build.emit(replace(primal, computation=name, args=args, result=result))


def linearize_call(primal: Call, name: str, residuals: Value) -> Call:
    """``(%r, %residuals) = call f_fwd(%a)``."""
    return replace(primal, computation=name, result=pack(primal.result, residuals))


def transpose_call(
    build: Builder,
    name: str,
    residuals: Tree,
    bars: tuple[Value, ...],
    arg_bars: tuple[Value, ...],
) -> None:
    """``(%a_bar) = call f_bwd(%residuals, %r_bar)``."""
    result = Node("tuple", arg_bars)
    build.emit(Call(name, (residuals, *bars), result, build.span, build.sweep))


# loop carrying (%p = %a) { … next (%q) } -> (%r) -----------------------------------------------


def push_loop(
    build: Builder,
    primal: Loop,
    sources: list[Source],
    carried: list[Carried],
    stacks: list[Stack],
    body: Block,
) -> None:
    """``loop carrying (%p = %a, %p_dot = %a_dot) { … next (%q, %q_dot) } -> (%r, %r_dot)``."""
    loop = replace(primal, sources=(*primal.sources, *sources), body=body)
    loop = replace(loop, carried=(*primal.carried, *carried), stacks=(*primal.stacks, *stacks))
    build.emit(loop)


def transpose_loop(
    build: Builder,
    mark: int,
    sources: tuple[Source, ...],
    carried: list[Carried],
    stacks: tuple[Stack, ...],
    body: Block,
) -> None:
    """``loop carrying (%p_bar = %r_bar) { … next (%q_bar) } -> (%a_bar)``, from the last iteration on."""
    build.emit(Loop(sources, tuple(carried), stacks, body, build.span, build.sweep, mark))


def transpose_stack(tape_bar: Value, item_bar: Value, flipped: bool) -> Source:
    """``stack %t <- %v``: ``%v_bar in reversed tape(%t_bar)``, or straight on where it is flipped."""
    return Source("tape", (tape_bar,), item_bar, reverse=not flipped)


def transpose_source(item_bar: Value, tape_bar: Value) -> Stack:
    """``%v in tape(%t)``: ``stack %t_bar <- %v_bar``, which comes out flipped."""
    return Stack(item_bar, tape_bar)


# branch %c { … } else { … }; %r = %a | %b ------------------------------------------------------


def push_branch(
    build: Builder, primal: Branch, then: Block, orelse: Block, choices: list[Choice]
) -> None:
    """``branch %c { … } else { … }`` with the tangents in its arms, and ``%r_dot = %a_dot | %b_dot``."""
    chosen = (*primal.choices, *choices)
    build.emit(replace(primal, then=then, orelse=orelse, choices=chosen))


def transpose_branch(
    build: Builder, condition: Tree, mark: int, then: Block, orelse: Block, choices: list[Choice]
) -> None:
    """``branch %c { … } else { … }`` of transposed arms; ``%v_bar = %v_bar.1 | %v_bar.2`` comes out."""
    chosen = tuple(choices)
    build.emit(Branch(condition, then, orelse, chosen, build.span, build.sweep, mark))
