"""JAX's control flow and higher-order functions, which call their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fadc.lint.facts import (
    STATIC,
    UNKNOWN,
    Fact,
    Kind,
    Pending,
    combined,
    display,
    element,
    join,
    join_all,
    whole,
)
from fadc.lint.frame import ITERATIONS, CallFrame
from fadc.lint.sites import Site, unknown_result

_BACKWARDS = ("reverse", "mixed")


def _carried(fact: Fact) -> Fact:
    """The fact of a carried value: a constant becomes an array, or stays ``None``."""
    if fact.parts is not None:
        return replace(fact, parts=tuple(map(_carried, fact.parts)))
    return replace(fact, kind=Kind.UNKNOWN) if fact.kind is Kind.STATIC else fact


def _fixed(frame: CallFrame, start: Fact, step: Callable[[Fact], Fact]) -> Fact:
    """The fact of a carried value at any iteration, from its initial one."""
    carry = _carried(start)
    for _ in range(ITERATIONS):
        before, carry = carry, join(carry, _carried(step(carry)))
        if carry == before:
            break
    return carry


def _scan(frame: CallFrame, site: Site) -> Fact:
    body, init = site.argument(0, "f"), site.argument(1, "init")
    if body is None or init is None:
        return unknown_result(site)
    item = element(site.argument(2, "xs") or STATIC)
    stacked = [UNKNOWN]

    def step(carry: Fact) -> Fact:
        out = frame.call(body, site.calling(0, carry, item))
        known = out.parts if out.parts is not None and len(out.parts) == 2 else None
        stacked[0] = known[1] if known else element(out)
        return known[0] if known else element(out)

    carry = _fixed(frame, init, step)
    ys = replace(stacked[0], function=None)
    return display([carry, ys])


def _fori_loop(frame: CallFrame, site: Site) -> Fact:
    lower, upper = site.argument(0, "lower"), site.argument(1, "upper")
    body, init = site.argument(2, "body_fun"), site.argument(3, "init_val")
    if lower is None or upper is None or body is None or init is None:
        return unknown_result(site)
    index = Fact(Kind.ARRAY)
    carry = _fixed(frame, init, lambda c: frame.call(body, site.calling(2, index, c)))
    traced = Kind.ARRAY in (lower.kind, upper.kind)
    return (
        _dynamic(frame, site, carry, "`jax.lax.fori_loop` with these bounds") if traced else carry
    )


def _while_loop(frame: CallFrame, site: Site) -> Fact:
    condition, body = site.argument(0, "cond_fun"), site.argument(1, "body_fun")
    init = site.argument(2, "init_val")
    if condition is None or body is None or init is None:
        return unknown_result(site)

    def step(carry: Fact) -> Fact:
        frame.call(condition, site.calling(0, carry))
        return frame.call(body, site.calling(1, carry))

    return _dynamic(frame, site, _fixed(frame, init, step), "`jax.lax.while_loop`")


def _dynamic(frame: CallFrame, site: Site, carry: Fact, loop: str) -> Fact:
    """A loop of unknown length, which reverse mode cannot walk back."""
    if frame.session.mode not in _BACKWARDS or not carry.active:
        return carry
    said = Pending(frame.diagnostic("FAD409", site.node, loop=loop, function=frame.label))
    parts = carry.parts and tuple(
        replace(part, pending=part.pending | {said}) if part.active else part
        for part in carry.parts
    )
    return replace(carry, pending=carry.pending | {said}, parts=parts)


def _cond(frame: CallFrame, site: Site) -> Fact:
    if len(site.args) < 3:
        return unknown_result(site)
    operands = [*site.args[3:], *(f for name, f in site.keywords.items() if name == "operand")]
    return join_all(frame.call(site.args[n], site.calling(n, *operands)) for n in (1, 2))


def _switch(frame: CallFrame, site: Site) -> Fact:
    if len(site.args) < 2 or site.args[1].parts is None:
        return unknown_result(site)
    _, branches, *operands = site.args
    return join_all(frame.call(arm, site.calling(1, *operands)) for arm in branches.parts or ())


def _map(frame: CallFrame, site: Site) -> Fact:
    if len(site.args) < 2:
        return unknown_result(site)
    return frame.call(site.args[0], site.calling(0, element(site.args[1])))


def _tree_map(frame: CallFrame, site: Site) -> Fact:
    """A function of the leaves of trees, each of which is an array."""
    if len(site.args) < 2:
        return unknown_result(site)
    function, *trees = site.args
    if "is_leaf" in site.keywords:
        return frame.call(function, site.calling(0, *map(element, trees)))
    return _on_leaves(frame, function, site, trees)


def _on_leaves(frame: CallFrame, function: Fact, site: Site, trees: Sequence[Fact]) -> Fact:
    """The function's results in the structure of the first tree."""
    first = trees[0]
    if first.parts is not None:
        rows = [[_at(tree, index) for tree in trees] for index in range(len(first.parts))]
        return display([_on_leaves(frame, function, site, row) for row in rows], first.keys)
    result = frame.call(function, site.calling(0, *map(leaf, trees)))
    kind = Kind.TREE if any(tree.traced for tree in trees) else Kind.UNKNOWN
    return replace(whole(result), kind=kind, function=None, borrowed=False)


def _at(tree: Fact, index: int) -> Fact:
    parts = tree.parts or ()
    return parts[index] if index < len(parts) else element(tree)


def leaf(tree: Fact) -> Fact:
    """A leaf of a tree."""
    if tree.parts is not None:
        return join_all(map(leaf, tree.parts))
    return replace(tree, kind=Kind.ARRAY) if tree.kind is Kind.TREE else tree


def _tree_reduce(frame: CallFrame, site: Site) -> Fact:
    if len(site.args) < 2:
        return unknown_result(site)
    function, tree, *init = site.args
    start = join_all([leaf(tree), *init])
    return join(start, frame.call(function, site.calling(0, start, leaf(tree))))


def _leaves(frame: CallFrame, site: Site) -> Fact:
    return replace(join_all(map(leaf, site.args[:1])), parts=None, borrowed=False)


def _flatten(frame: CallFrame, site: Site) -> Fact:
    return display([_leaves(frame, site), STATIC])


def _structure(frame: CallFrame, site: Site) -> Fact:
    return STATIC


def _vjp(frame: CallFrame, site: Site) -> Fact:
    if not site.args:
        return unknown_result(site)
    out = frame.differentiating().call(site.args[0], site.calling(0, *site.args[1:]))
    return display([out, replace(combined(site.args[1:]), kind=Kind.UNKNOWN)])


def _jvp(frame: CallFrame, site: Site) -> Fact:
    if len(site.args) < 3 or site.args[1].parts is None:
        return unknown_result(site)
    out = frame.call(site.args[0], site.calling(0, *site.args[1].parts))
    return display([out, join(out, combined(site.args[2:]))])


def _eval_shape(frame: CallFrame, site: Site) -> Fact:
    return STATIC


CONTROL: dict[str, Callable[[CallFrame, Site], Fact]] = {
    "jax.lax.scan": _scan,
    "jax.lax.fori_loop": _fori_loop,
    "jax.lax.while_loop": _while_loop,
    "jax.lax.cond": _cond,
    "jax.lax.switch": _switch,
    "jax.lax.map": _map,
    "jax.tree.map": _tree_map,
    "jax.tree_map": _tree_map,
    "jax.tree_util.tree_map": _tree_map,
    "jax.tree.reduce": _tree_reduce,
    "jax.tree_util.tree_reduce": _tree_reduce,
    "jax.tree.flatten": _flatten,
    "jax.tree_util.tree_flatten": _flatten,
    "jax.tree.leaves": _leaves,
    "jax.tree_util.tree_leaves": _leaves,
    "jax.tree.structure": _structure,
    "jax.tree_util.tree_structure": _structure,
    "jax.vjp": _vjp,
    "jax.jvp": _jvp,
    "jax.eval_shape": _eval_shape,
}
"""Functions that call their arguments, by dotted name."""
