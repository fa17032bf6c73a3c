"""Loops: what they carry, what is left of it behind them, and the tapes that they fill."""

from __future__ import annotations

from collections.abc import Callable

from .body import Body
from .expressions import expression, kinds, random_parts, static
from .headers import Header, counted, header, tapes, target, trips
from .types import (
    CLIENTS,
    FACTOR,
    LOOSE,
    NUMBER,
    OBJECT_KINDS,
    SERVER,
    STATIC,
    TRUTH,
    Leaf,
    Tape,
    Type,
    holds_tape,
    leaves,
    placement_of,
)

Inside = Callable[[], None]


def loop(body: Body, statements: Callable[[Body, int], None]) -> None:
    """A loop over a range, over tapes, or over both."""
    found = header(body)
    if found is not None:
        write_loop(body, found, lambda: statements(body, 3))


def write_loop(body: Body, found: Header, inside: Inside) -> None:
    """A loop, at whose end every name stands again for what it stood for before."""
    before = body.protected, body.loop_variables, body.depth
    spoiled = set(body.spoiled)
    entry = {name: type_ for name, type_ in body.scope.items() if name not in found.bound}
    body.protected = body.protected | _kept(body, entry, found)
    body.loop_variables += found.counters
    body.depth = body.depth if body.has("nested_loops") else 1
    carried = entry | _loosened(body, entry)
    _drop_branch_names(body)
    body.write(f"for {found.text}:")
    with body.block(carried | found.bound):
        start = len(body.lines)
        inside()
        bound = set(body.bound)
        _restore(body, carried, bound)
        if len(body.lines) == start:
            body.write("pass")
    body.protected, body.loop_variables, body.depth = before
    for name in sorted(bound | set(found.bound)):
        body.forget(name)
        if name in carried:
            body.bind(name, carried[name])
        elif name in spoiled:
            body.spoiled.add(name)


def _kept(body: Body, entry: dict[str, Type], found: Header) -> set[str]:
    """What the body of a loop does not bind: tapes, and some of the static names."""
    kept = {name for name, type_ in entry.items() if holds_tape(type_)}
    kept |= {name for name, type_ in entry.items() if _is_static(type_) and body.chance(0.5)}
    kept |= {name for name, type_ in entry.items() if _is_object(type_)}
    if not body.has("client_carries"):
        kept |= {
            n for n, t in entry.items() if any(leaf.placement == CLIENTS for leaf in leaves(t))
        }
    return kept if body.has("target_names") else kept | set(found.bound)


def _is_object(type_: Type) -> bool:
    return isinstance(type_, Leaf) and type_.kind in OBJECT_KINDS


def _is_static(type_: Type) -> bool:
    return isinstance(type_, Leaf) and type_.placement == STATIC


def _loosened(body: Body, entry: dict[str, Type]) -> dict[str, Type]:
    """Static floats that the loop may make server values of: inside they are such already."""
    if not body.has("static_becomes_placed"):
        return {}
    found = [n for n, t in entry.items() if t == Leaf(STATIC, FACTOR) and n not in body.protected]
    return {name: Leaf(SERVER, LOOSE) for name in found if body.chance(0.5)}


def _drop_branch_names(body: Body) -> None:
    """A branch's names end where a loop may change the branch's condition."""
    for name, found in list(body.branch_names.items()):
        if not body.has("branch_names_in_loops") or not found.reads <= body.protected:
            del body.branch_names[name]


def _restore(body: Body, carried: dict[str, Type], bound: set[str]) -> None:
    """Every name stands for what it stood for when the iteration began."""
    for name, type_ in carried.items():
        if name in bound and body.scope.get(name) != type_:
            body.write(f"{name} = {expression(body, type_, 1)}")
            body.bind(name, type_)


def overwriting_loop(body: Body, statements: Callable[[Body, int], None]) -> None:
    """A loop that takes place and does not read names that it binds, to values of other kinds than before."""
    places = {
        name: placement_of(body.scope[name]) for name in body.targets(2) if name in body.known()
    }
    places = {
        n: p
        for n, p in places.items()
        if p in (SERVER, CLIENTS) and not _holds_objects(body.scope[n])
    }
    if not places or not body.builtin("range") or not body.has("client_carries"):
        return
    found: dict[str, Type] = {}
    for name in places:
        body.forget(name)
    protected, body.protected = body.protected, body.protected | set(places)

    def inside() -> None:
        if body.chance(0.5):
            statements(body, 1)
        for name, place in places.items():
            found[name] = _overwritten(body, name, str(place))

    count = target(body, set(places))
    ranged = f"{count} in range({body.pick(['1', '2', '3', '1, 3'])})"
    write_loop(body, Header(ranged, {count: Leaf(STATIC, NUMBER)}, counted(count)), inside)
    body.protected = protected
    for name, type_ in found.items():
        body.bind(name, type_)


def _overwritten(body: Body, name: str, place: str) -> Leaf:
    """Binds a name to a value, or to a number; what it stands for now."""
    if place == SERVER and body.chance(0.2, "static_becomes_placed"):
        body.write(f"{name} = {static(body, FACTOR, 1)}")
        return Leaf(SERVER, LOOSE)
    leaf = Leaf(place, body.pick(kinds(body)))
    body.write(f"{name} = {expression(body, leaf, 1)}")
    return leaf


def _holds_objects(type_: Type) -> bool:
    return holds_tape(type_) or any(_is_object(leaf) for leaf in leaves(type_))


def tape_loop(body: Body, statements: Callable[[Body, int], None]) -> None:
    """A loop that fills a tape, or two."""
    if not body.builtin("range"):
        return
    names = body.targets(body.pick([1, 1, 1, 2]))
    for name in names:
        body.write(f"{name} = []")
        body.forget(name)
    protected = body.protected
    body.protected = protected | set(names)
    text, length = trips(body)
    count = target(body, set(names))
    items: dict[str, Type] = {}

    def inside() -> None:
        if body.chance(0.5):
            statements(body, 2)
        for name in names:
            items[name] = _append(body, name)
            if body.chance(0.4):
                statements(body, 1)

    ranged = f"{count} in range({text})"
    write_loop(body, Header(ranged, {count: Leaf(STATIC, NUMBER)}, counted(count)), inside)
    body.protected = protected
    for name in names:
        body.bind(name, Tape(items[name], length))


def _append(body: Body, name: str) -> Type:
    """An append, or one on each path of a branch; the type of the item."""
    item = _item(body)
    if not body.chance(0.15, "branches"):
        body.write(f"{name}.append({expression(body, item, 1)})")
        return item
    for line in (f"if {static(body, TRUTH, 1)}:", "else:"):
        body.write(line)
        body.write(f"    {name}.append({expression(body, item, 1)})")
    return item


def _item(body: Body) -> Type:
    """What is appended: a value, a composite, or an inner loop's tape."""
    inner = [tape for tape in tapes(body).values() if isinstance(tape.item, Leaf)]
    if inner and body.chance(0.2):
        return body.pick(inner)
    placements = [SERVER, CLIENTS] if body.has("client_tapes") else [SERVER]
    if body.chance(0.4, "mixed_tapes") and body.has("client_tapes"):
        return random_parts(body)
    if body.chance(0.1):
        return Leaf(STATIC, NUMBER)
    return Leaf(body.pick(placements), body.pick(kinds(body)))
