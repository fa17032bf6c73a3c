"""The built-in functions: the pushforward and the transpose of each.

=================================== ======================================= ==============================
function                            pushforward                             transpose
=================================== ======================================= ==============================
%r = add (%a, %b)                   %r_dot = add (%a_dot, %b_dot)           %a_bar = %b_bar = %r_bar
%r = cast_like (%a, %b)             %r_dot = cast_like (%a_dot, %b)         %a_bar = %r_bar
%r = over_clients (%a)              %r_dot = over_clients (%a_dot)          %a_bar = over_clients (%r_bar)
%r = times_clients (%a)             %r_dot = times_clients (%a_dot)         %a_bar = times_clients (%r_bar)
%r = pack ((%a, %b))                %r_dot = pack ((%a_dot, %b_dot))        (%a_bar, %b_bar) = unpack (%r_bar)
(%r, %s) = unpack (%a)              (%r_dot, %s_dot) = unpack (%a_dot)      %a_bar = pack ((%r_bar, %s_bar))
%r = item[0] (%a)                   %r_dot = item[0] (%a_dot)               by jax.vjp
%r = reverse_tape (%a)              %r_dot = reverse_tape (%a_dot)          %a_bar = reverse_tape (%r_bar)
%r = as_tape (%a)                   %r_dot = as_tape (%a_dot)               %a_bar = %r_bar
=================================== ======================================= ==============================

The others are differentiated by JAX, as users' code is: ``jax.jvp`` and ``jax.vjp``. ``zeros_like``
and ``ones_like`` have no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fadc.analyses.activity import differentiated_args
from fadc.calculus.cotangents import Cotangents, Term
from fadc.calculus.tangents import Tangents
from fadc.ir import (
    Apply,
    Builtin,
    Leaf,
    Literal,
    Node,
    Placement,
    Tree,
    Value,
    all_leaves,
    leaves,
    placement,
    quoted,
    rebuild,
    slots,
)
from fadc.ir.builder import Builder

Active = Callable[[Value], bool]
Push = Callable[[Builder, Apply, Tangents, bool], None]
Transpose = Callable[[Builder, Apply, Active, Cotangents], None]


@dataclass(frozen=True)
class BuiltinRule:
    """A row of the table. A function without a transpose of its own is pulled back by ``jax.vjp``."""

    push: Push
    transpose: Transpose | None


def rule_of(operation: Apply) -> BuiltinRule | None:
    """The row of an operation; None where its derivatives are JAX's."""
    function = operation.function
    return BUILTINS.get(function.name) if isinstance(function, Builtin) else None


# add -------------------------------------------------------------------------------------------


def push_add(build: Builder, primal: Apply, tangents: Tangents, copied: bool) -> None:
    """``%r_dot = add (%a_dot, %b_dot)``, of those inputs that have a tangent.

    A single tangent is passed on, cast to the dtype of the sum, as is that of a ``copied`` input.
    """
    assert isinstance(primal.result, Value)
    found = [tangents.dots[v] for v in slots(primal.args) if v in tangents.dots]
    if len(found) == 1:
        tangents.dots[primal.result] = found[0]
    else:
        result_dot = tangents.dot_of(primal.result)
        build.emit(replace(primal, args=tuple(found), result=result_dot))
    if len(found) == 1 or copied:
        tangents.fit(build, primal.result)


def transpose_same(build: Builder, primal: Apply, active: Active, cotangents: Cotangents) -> None:
    """``%a_bar = %b_bar = %r_bar``: nothing is emitted."""
    term = _take(build, primal, cotangents)
    if term is not None:
        for value in _active_args(primal, active):
            cotangents.give(value, term)


# cast_like, over_clients, times_clients, as_tape, reverse_tape ---------------------------------


def push_linear(build: Builder, primal: Apply, tangents: Tangents, copied: bool) -> None:
    """``%r_dot = f (%a_dot)``: a linear function is its own pushforward."""
    where, read = primal.placement, differentiated_args(primal)
    dots = tuple(tangents.of_display(build, arg, where) for arg in read)
    args = (*dots, *primal.args[len(dots) :])
    build.emit(replace(primal, args=args, result=rebuild(primal.result, tangents.dot_of)))


def transpose_scaling(
    build: Builder, primal: Apply, active: Active, cotangents: Cotangents
) -> None:
    """``%a_bar = over_clients (%r_bar)``: a scaling is its own transpose."""
    term = _take(build, primal, cotangents)
    if term is None:
        return
    assert isinstance(primal.function, Builtin)
    (value,) = _active_args(primal, active)
    bar = cotangents.upright(build, term)
    cotangents.unscalable |= term.scaled
    where, name = primal.placement, f"{value.name}_bar"
    scaled = build.apply(primal.function, (bar,), name, where, value.type)
    cotangents.give(value, Term(scaled))


def transpose_as_tape(
    build: Builder, primal: Apply, active: Active, cotangents: Cotangents
) -> None:
    """``%a_bar = %r_bar``, in the order of the tape."""
    term = _take(build, primal, cotangents)
    if term is not None:
        (value,) = _active_args(primal, active)
        cotangents.give(value, Term(cotangents.upright(build, term)))


def transpose_reverse_tape(
    build: Builder, primal: Apply, active: Active, cotangents: Cotangents
) -> None:
    """``%a_bar = reverse_tape (%r_bar)``, which is emitted where the order matters."""
    term = _take(build, primal, cotangents)
    if term is not None:
        (value,) = _active_args(primal, active)
        cotangents.give(value, replace(term, flipped=not term.flipped))


# pack, unpack ----------------------------------------------------------------------------------


def transpose_pack(build: Builder, primal: Apply, active: Active, cotangents: Cotangents) -> None:
    """``(%a_bar, %b_bar) = unpack (%r_bar)``; the parts of a dict are taken by their keys."""
    term = _take(build, primal, cotangents)
    if term is None:
        return
    cotangents.unscalable |= term.scaled or isinstance(term.tree, Literal)
    (tree,) = primal.args
    for value, bar in _take_apart(build, term.tree, tree, primal.placement, active):
        cotangents.give(value, Term(bar))


def _take_apart(
    build: Builder, bar: Tree, tree: Tree, where: Placement, active: Active
) -> list[tuple[Value, Value]]:
    """The active values of a display, each with its part of the display's cotangent."""
    if isinstance(tree, Value):
        assert isinstance(bar, Value)
        return [(tree, bar)] if active(tree) else []
    if not isinstance(tree, Node) or not any(active(value) for value in leaves(tree)):
        return []
    parts = tuple(
        build.value(_bar_name(child), Leaf(where), anonymous=tree.kind == "dict")
        for child in tree.children
    )
    if tree.kind == "dict":
        for key, part in zip(tree.keys, parts, strict=True):
            build.emit_apply(Builtin("item", f"[{quoted(key)}]"), (bar,), part, where)
    else:
        build.emit_apply(Builtin("unpack"), (bar,), Node("tuple", parts), where)
    found = zip(tree.children, parts, strict=True)
    return [
        pair for child, part in found for pair in _take_apart(build, part, child, where, active)
    ]


def _bar_name(tree: Tree) -> str:
    return f"{tree.name}_bar" if isinstance(tree, Value) else "part_bar"


def transpose_unpack(build: Builder, primal: Apply, active: Active, cotangents: Cotangents) -> None:
    """``%a_bar = pack ((%r_bar, %s_bar))``, with zeros for the parts that have no cotangent."""
    (whole,) = _active_args(primal, active)
    parts = rebuild(primal.result, lambda value: cotangents.total_or_zero(build, value))
    where, name = placement(whole.type), f"{whole.name}_bar"
    bar = build.apply(Builtin("pack"), (parts,), name, where)
    cotangents.give(whole, Term(bar))


# -----------------------------------------------------------------------------------------------


def _active_args(primal: Apply, active: Active) -> list[Value]:
    return [value for value in all_leaves(differentiated_args(primal)) if active(value)]


def _take(build: Builder, primal: Apply, cotangents: Cotangents) -> Term | None:
    assert isinstance(primal.result, Value)
    return cotangents.take(build, primal.result)


BUILTINS: dict[str, BuiltinRule] = {
    "add": BuiltinRule(push_add, transpose_same),
    "cast_like": BuiltinRule(push_linear, transpose_same),
    "over_clients": BuiltinRule(push_linear, transpose_scaling),
    "times_clients": BuiltinRule(push_linear, transpose_scaling),
    "pack": BuiltinRule(push_linear, transpose_pack),
    "unpack": BuiltinRule(push_linear, transpose_unpack),
    "item": BuiltinRule(push_linear, None),
    "reverse_tape": BuiltinRule(push_linear, transpose_reverse_tape),
    "as_tape": BuiltinRule(push_linear, transpose_as_tape),
}
"""The rules of the builtins."""
