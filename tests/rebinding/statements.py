"""Random statements. Any of them may rebind a name to a value of another placement."""

from __future__ import annotations

import functools
import re

from .body import Body
from .branches import branch, using_branch_name
from .expressions import clients, expression, filled, kinds, possible, random_parts, server
from .loops import loop, overwriting_loop, tape_loop
from .surroundings import Helper
from .types import (
    CLIENTS,
    FACTOR,
    FUNCTION,
    NUMBER,
    OBJECT_KINDS,
    OPTIMIZER,
    PAIR,
    SCALAR,
    SERVER,
    STATIC,
    TRUTH,
    VECTOR,
    Leaf,
    Parts,
    Tape,
    Type,
)


def statements(body: Body, most: int) -> None:
    """Some statements, in some of which others nest."""
    for _ in range(body.rng.randint((most + 1) // 2, most)):
        _statement(body)


def _statement(body: Body) -> None:
    options = [assignment] * 8 + [swap, unpacking, several, augmented, display, static_assignment]
    options += [made_object] * 2 * body.has("objects")
    options += [call] * 4 * bool(body.helpers)
    nested = [using_branch_name] * 4 * bool(body.branch_names)
    if body.depth:
        nested += [loop] * 3 * body.has("loops") + [tape_loop] * 3 * body.has("tapes")
        nested += [overwriting_loop] * body.has("overwriting_loops")
        nested += [branch] * 3 * body.has("branches")
    options += [functools.partial(each, statements=statements) for each in nested]
    body.pick(options)(body)


def assignment(body: Body) -> None:
    """`name = expression`, of any placement and kind."""
    kind = body.pick(kinds(body))
    leaf = Leaf(body.pick([SERVER, CLIENTS]), kind)
    text = expression(body, leaf)
    _assign(body, text, leaf)


def _assign(body: Body, text: str, type_: Type) -> None:
    name = body.target(type_)
    body.write(f"{name} = {text}")
    body.bind(name, type_)


def static_assignment(body: Body) -> None:
    """A static value."""
    leaf = Leaf(STATIC, body.pick([NUMBER, FACTOR, TRUTH]))
    _assign(body, expression(body, leaf), leaf)


def swap(body: Body) -> None:
    """Two names change places, whatever they stand for."""
    free = [name for name in body.known() if name not in body.protected]
    if len(free) < 2:
        return
    first, second = body.rng.sample(free, 2)
    types = body.scope[first], body.scope[second]
    if not body.has("placement_changes") and types[0] != types[1]:
        return
    if any(isinstance(each, Tape) or _is_object(each) for each in types):
        return
    body.write(f"{first}, {second} = {second}, {first}")
    body.bind(first, types[1])
    body.bind(second, types[0])


def _is_object(type_: Type) -> bool:
    return isinstance(type_, Leaf) and type_.kind in OBJECT_KINDS


def several(body: Body) -> None:
    """Several names at once: `a, b = e, f`, or one value under two names."""
    leaves = [Leaf(body.pick([SERVER, CLIENTS]), body.pick(kinds(body))) for _ in range(2)]
    if body.chance(0.3):
        leaves[1] = leaves[0]
    names = body.targets(2)
    if not body.has("placement_changes"):
        names = _fitting(body, leaves)
    if len(names) < 2:
        return
    if leaves[0] == leaves[1] and body.chance(0.7):
        body.write(f"{names[0]} = {names[1]} = {expression(body, leaves[0])}")
    else:
        texts = [expression(body, leaf, 1) for leaf in leaves]
        body.write(f"{', '.join(names)} = {', '.join(texts)}")
    for name, leaf in zip(names, leaves, strict=True):
        body.bind(name, leaf)


def _fitting(body: Body, leaves: list[Leaf]) -> list[str]:
    names: list[str] = []
    for leaf in leaves:
        alike = [n for n in body.targets(1, set(names)) if body.scope.get(n, leaf) == leaf]
        names += alike[:1]
    return names


def unpacking(body: Body) -> None:
    """A mapped function, a broadcast or an upload with two results, taken apart."""
    placement = body.pick([SERVER, CLIENTS])
    if not body.has("displays"):
        return
    leaves = (Leaf(placement, SCALAR), Leaf(placement, VECTOR))
    if placement == SERVER:
        mechanism = body.upload(body.pick(body.module.aggregators))
        text = f"{mechanism}({clients(body, PAIR, 2, False)})"
        if body.chance(0.3):
            text = server(body, PAIR, 2, False)
    else:
        text = clients(body, PAIR, 2, False)
    names = body.targets(2)
    if not body.has("placement_changes"):
        names = _fitting(body, list(leaves))
    if len(names) < 2:
        return
    body.write(f"{', '.join(names)} = {text}")
    for name, leaf in zip(names, leaves, strict=True):
        body.bind(name, leaf)


def augmented(body: Body) -> None:
    """Augmented assignment to a server value."""
    leaf = Leaf(SERVER, body.pick([VECTOR, SCALAR]))
    names = [name for name in body.names(leaf) if name not in body.protected]
    if names:
        name = body.pick(names)
        body.write(f"{name} {body.pick(['+=', '-=', '*='])} jnp.tanh({expression(body, leaf, 1)})")
        body.bind(name, leaf)


def display(body: Body) -> None:
    """A composite of any placements, which may be taken apart again."""
    if not body.has("displays"):
        return
    composite = random_parts(body)
    text = expression(body, composite, 1)
    _assign(body, text, composite)


def made_object(body: Body) -> None:
    """A function or an optimizer made of server values."""
    options = [
        (FUNCTION, "lambda v: jnp.sin(v * <.S>)"),
        (FUNCTION, "lambda v: v * <.V> + <f>"),
        (FUNCTION, "functools.partial($step, <.V>)"),
        (OPTIMIZER, "$optimizer(<.S>)"),
    ]
    if body.has("choices"):
        options.append((OPTIMIZER, "$optimizer(<.S>) if <b> else $optimizer(<f>)"))
    kind, template = body.pick([each for each in options if possible(body, each[1])])
    text = filled(body, template, 1, plain=True)
    name = body.target(Leaf(SERVER, kind))
    if text.startswith("lambda"):  # It sees what its names stand for when it is called.
        reads = set(re.findall(r"[A-Za-z_]\w*", text)) & set(body.pool)
        if body.indent > 1 and not reads <= body.protected or name in reads:
            return
        body.protected |= reads
    body.write(f"{name} = {text}")
    body.bind(name, Leaf(SERVER, kind))


def call(body: Body) -> None:
    """A call of another computation, by position or by keyword."""
    helper = body.pick(body.helpers)
    text = f"{helper.name}({', '.join(_arguments(body, helper))})"
    result = helper.result
    if isinstance(result, Parts) and not result.keys and body.chance(0.7):
        count = len(result.children)
        names = body.targets(count)
        if len(names) == count and body.has("placement_changes"):
            body.write(f"{', '.join(names)}{',' * (count == 1)} = {text}")
            for name, child in zip(names, result.children, strict=True):
                body.bind(name, child)
            return
    _assign(body, text, result)


def _arguments(body: Body, helper: Helper) -> list[str]:
    keywords = body.chance(0.4)
    texts = []
    for name, type_ in helper.parameters:
        if isinstance(type_, Leaf) and type_.placement == STATIC and body.chance(0.3):
            keywords = True
            continue
        text = expression(body, type_, 1)
        texts.append(f"{name}={text}" if keywords else text)
    return texts
