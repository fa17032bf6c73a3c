"""What a random computation returns."""

from __future__ import annotations

import dataclasses

from .body import Body
from .expressions import expression, kinds, static
from .types import (
    CLIENTS,
    EMPTY,
    HALF,
    HALF_SCALAR,
    NAMED,
    NUMBER,
    PAIR,
    PLACED_KINDS,
    REAL_KINDS,
    SCALAR,
    SERVER,
    STATIC,
    TREE,
    VECTOR,
    Leaf,
    Parts,
    Tape,
    Type,
    annotation,
    leaves,
)


@dataclasses.dataclass(frozen=True)
class Result:
    """The returned expression, its type, and what `result` may name of it."""

    text: str
    type: Type
    selectable: tuple[int | str, ...] = ()


def result(body: Body, outermost: bool) -> Result:
    """One value, a tuple, or a nested composite."""
    scalar = outermost and body.chance(0.6)
    first = _real(body, SCALAR if scalar else None)
    if body.chance(0.4) or {"tuple", "dict", "list"} & body.module.hidden:
        return Result(*first)
    others = [_element(body) for _ in range(body.pick([1, 1, 2]))]
    elements = [first, *others]
    body.rng.shuffle(elements)
    if len({annotation(t, "", body.module.shapes) for _, t in elements}) == 1 and body.chance(0.4):
        return _dict(elements)
    selectable: list[int | str] = []
    for index, (text, type_) in enumerate(elements):
        if _is_real(type_):
            selectable.append(text if text.isidentifier() and body.chance(0.3) else index)
    types = tuple(type_ for _, type_ in elements)
    return Result(", ".join(text for text, _ in elements), Parts(types), tuple(selectable))


def _dict(elements: list[tuple[str, Type]]) -> Result:
    keys = ("loss", "out", "delta")[: len(elements)]
    composite = Parts(tuple(type_ for _, type_ in elements), keys)
    selectable = [key for key, (_, type_) in zip(keys, elements, strict=True) if _is_real(type_)]
    return Result(composite.display([text for text, _ in elements]), composite, tuple(selectable))


def _is_real(type_: Type) -> bool:
    return isinstance(type_, Leaf) and type_.placement != STATIC and type_.kind in REAL_KINDS


def _real(body: Body, kind: str | None) -> tuple[str, Type]:
    """A value that has a derivative: often the latest, at the server or at the clients."""
    if kind is not None:
        leaf = Leaf(SERVER, kind)
        terms = _terms(body)
        return " + ".join(terms) if terms else expression(body, leaf, 2), leaf
    found = [(n, t) for n, t in body.known().items() if _is_real(t)]
    if found and body.chance(0.8):
        return body.pick(found[-2:])
    leaf = Leaf(body.pick([SERVER, CLIENTS]), body.pick([VECTOR, SCALAR]))
    return expression(body, leaf, 2), leaf


def _terms(body: Body) -> list[str]:
    """Scalars of the latest values: most of what a program computes reaches its result."""
    found = [(n, t) for n, t in body.known().items() if _is_real(t) and isinstance(t, Leaf)]
    texts = []
    for name, leaf in found[-body.pick([1, 2, 3, 4]) :]:
        text = name
        if leaf.placement == CLIENTS:
            text = f"{body.upload(body.pick(body.module.aggregators))}({name})"
        if leaf.kind == TREE and leaf.placement == CLIENTS:
            continue
        texts.append(_SCALARS[leaf.kind].format(text))
    return texts


_SCALARS = {
    SCALAR: "{}",
    VECTOR: "jnp.sum({})",
    PAIR: "jnp.sum({}[1])",
    NAMED: 'jnp.sum({}["delta"])',
    TREE: 'jnp.sum({}["v"])',
    HALF: "jnp.sum({})",
    HALF_SCALAR: "{}",
}


def _element(body: Body) -> tuple[str, Type]:
    """Anything that may be returned beside it."""
    options: list[tuple[str, Type]] = []
    for name, type_ in body.known().items():
        static_leaf = any(leaf.placement == STATIC for leaf in leaves(type_))
        tape = isinstance(type_, Tape) and not body.has("tape_results")
        composite = isinstance(type_, Parts) and not _returnable(body, type_)
        if not (static_leaf or tape or composite or _is_odd(type_)):
            options.append((name, type_))
    if body.chance(0.2, "static_results"):
        return static(body, NUMBER, 1), Leaf(STATIC, NUMBER)
    if body.chance(0.1, "empty_containers"):
        return "()", Leaf(SERVER, EMPTY)
    if body.chance(0.3, "composite_results"):
        return _nested(body)
    return body.pick(options) if options else _real(body, None)


def _is_odd(type_: Type) -> bool:
    """Whether it holds what no annotation says: a tape inside a tape's tuple is fine."""
    return any(leaf.kind not in PLACED_KINDS or leaf.kind == EMPTY for leaf in leaves(type_))


def _returnable(body: Body, type_: Parts) -> bool:
    texts = {annotation(child, "", body.module.shapes) for child in type_.children}
    return body.has("composite_results") and (not type_.keys or len(texts) == 1)


def _nested(body: Body) -> tuple[str, Type]:
    """A tuple of several placements, or a dict of such tuples."""
    inner = Parts(
        tuple(Leaf(body.pick([SERVER, CLIENTS]), body.pick(kinds(body))) for _ in range(2))
    )
    if body.chance(0.5):
        return expression(body, inner, 1), inner
    outer = Parts((inner, inner), ("a", "b"))
    return outer.display([expression(body, inner, 1) for _ in range(2)]), outer


__all__ = ["CLIENTS", "Result", "result"]
