"""One random computation: its parameters, its statements, and its result."""

from __future__ import annotations

import dataclasses
import re
from random import Random

from .body import Body
from .expressions import expression
from .results import Result, result
from .statements import statements
from .surroundings import (
    BUILTIN_NAMES,
    EMITTED_NAMES,
    IMPORTED,
    LIBRARY_NAMES,
    PLAIN_NAMES,
    Helper,
    Surroundings,
    names_in,
    usable,
)
from .types import (
    CLIENTS,
    EMPTY,
    HALF,
    HALF_SCALAR,
    INTEGER,
    NUMBER,
    SCALAR,
    SERVER,
    STATIC,
    TREE,
    TRUTH,
    VECTOR,
    Leaf,
    Parts,
    Type,
    annotation,
)


@dataclasses.dataclass(frozen=True)
class Computation(Helper):
    """A computation of a random program; `@computation` stands for its decorator.

    Attributes:
        functions: the functions of the module that it uses.
        uploads: the mechanisms that it uploads through.
        selectable: the positions, keys and names of its differentiable results.
    """

    functions: frozenset[str]
    uploads: frozenset[str]
    selectable: tuple[int | str, ...]


def computation(
    rng: Random, module: Surroundings, name: str, helpers: tuple[Computation, ...]
) -> Computation:
    """A random computation, which may call the helpers."""
    outermost = name == "prog"
    functions = usable(rng, module, 7)
    pool = _pool(rng, module, functions, {name, *(helper.name for helper in helpers)})
    parameters = _parameters(rng, module, pool, outermost)
    body = Body(
        rng,
        module,
        tuple(sorted(functions)),
        helpers,
        tuple(pool),
        frozenset({*module.hidden, *pool}),
        dict(parameters),
        depth=2 if outermost else 1,
    )
    body.protected |= {parameter for parameter, _ in parameters if body.chance(0.4)}
    statements(body, 7 if outermost else 3)
    found = result(body, outermost)
    text = _text(body, name, parameters, found)
    return Computation(
        name, text, parameters, found.type, functions, _uploads(body, text), found.selectable
    )


def _uploads(body: Body, text: str) -> frozenset[str]:
    """The mechanisms that the text uploads through: not all that was drawn is written."""
    called = {
        name
        for name in body.uploads
        if re.search(rf"(?<![\w.]){re.escape(body.primitive(name))}\b", text)
    }
    weighted = {"sum"} if "weighted_mean(" in text else set()
    return frozenset(called | weighted & body.uploads)


def _pool(
    rng: Random, module: Surroundings, functions: frozenset[str], taken: set[str]
) -> list[str]:
    """The few names that a computation binds."""
    reserved = module.names_of(names_in(functions)) | taken | {"jnp", "secure_sum", "secure_mean"}
    reserved |= {*module.constants, module.style, "flag", "n"}
    reserved |= set(IMPORTED) if module.style == "from" else set()
    if "curried" in functions:
        reserved.add("functools")
    if any(name in functions for name in ("quantize",)):
        reserved.add("jax_")
    pool = rng.sample(PLAIN_NAMES, 4)
    if "emitted_names" in module.features:
        pool += rng.sample(EMITTED_NAMES, rng.choice([0, 1, 2, 3]))
    if "helper_names" in module.features:
        others = [*module.called.values(), "sin", "multiply", "tanh", "sum", "f"]
        pool += rng.sample(others, rng.choice([0, 0, 1, 2]))
    if "shadowed_builtins" in module.features:
        pool += rng.sample([*BUILTIN_NAMES, *LIBRARY_NAMES], rng.choice([0, 0, 1]))
    rng.shuffle(pool)
    free = [name for name in dict.fromkeys(pool) if name not in reserved and name != "_"]
    for name in ("w", "z", "a", "b", "c", "m", "p", "q", "r", "s"):
        if len(free) < 4 and name not in {*reserved, *free}:
            free.append(name)
    return free[:6]


def _parameters(
    rng: Random, module: Surroundings, pool: list[str], outermost: bool
) -> tuple[tuple[str, Type], ...]:
    """Parameters: a server and a client vector at least, where it is the outermost one."""
    types: list[Type] = [Leaf(SERVER, VECTOR), Leaf(CLIENTS, VECTOR)]
    if not outermost:
        types = rng.sample(types, rng.choice([1, 2]))
    if rng.random() < 0.5 and len(pool) > 4:
        types.append(_further(rng, module))
    rng.shuffle(types)
    found = list(zip(rng.sample(pool, len(types)), types, strict=True))
    if rng.random() < 0.7:
        found.append(("flag", Leaf(STATIC, TRUTH)))
    if rng.random() < 0.6:
        found.append(("n", Leaf(STATIC, NUMBER)))
    return tuple(found)


def _further(rng: Random, module: Surroundings) -> Type:
    kinds = [SCALAR]
    kinds += [TREE] * ("trees" in module.features)
    kinds += [HALF, HALF_SCALAR] * ("halves" in module.features)
    kinds += [INTEGER] * ("integers" in module.features)
    kinds += [EMPTY] * ("empty_containers" in module.features and rng.random() < 0.2)
    composite = "composite_parameters" in module.features and "tuple" not in module.hidden
    if composite and rng.random() < 0.3:
        return Parts((Leaf(SERVER, VECTOR), Leaf(CLIENTS, rng.choice(kinds))))
    return Leaf(rng.choice([SERVER, CLIENTS]), rng.choice(kinds))


DEFAULTS = {TRUTH: "True", NUMBER: "2"}


def _text(body: Body, name: str, parameters: tuple[tuple[str, Type], ...], found: Result) -> str:
    annotated = []
    for parameter, type_ in parameters:
        text = f"{parameter}: {annotation(type_, body.module.fed, body.module.shapes)}"
        if isinstance(type_, Leaf) and type_.placement == STATIC:
            text += f" = {DEFAULTS[type_.kind]}"
        annotated.append(text)
    returns = annotation(found.type, body.module.fed, body.module.shapes)
    docstring = ['    """One step."""'] * body.chance(0.2)
    lines = "\n".join([*docstring, *body.lines, f"    return {found.text}"])
    return f"@computation\ndef {name}({', '.join(annotated)}) -> {returns}:\n{lines}"


__all__ = ["Computation", "computation", "expression"]
