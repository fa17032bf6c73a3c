"""Random programs: a module's text, what to differentiate, and arguments."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import jax.numpy as jnp
import numpy as np

from .comments import commented
from .computations import Computation, computation
from .features import EVERYTHING
from .functions import FUNCTIONS
from .surroundings import IMPORTED, Surroundings, surroundings
from .types import (
    CLIENTS,
    EMPTY,
    HALF,
    HALF_SCALAR,
    INTEGER,
    NAMED,
    NUMBER,
    PAIR,
    REAL_KINDS,
    STATIC,
    TREE,
    VECTOR,
    Leaf,
    Parts,
    Type,
    leaves,
)

SIZE = 3

SOMETIMES = (
    "mixed_tapes",
    "client_tapes",
    "client_carries",
    "loop_conditions",
    "branch_names",
    "placement_changes",
    "static_becomes_placed",
    "integers",
    "halves",
    "trees",
    "displays",
    "empty_containers",
    "calls",
    "rules",
    "objects",
    "weighted_means",
    "jax_functions",
    "comments",
)
"""A program that leaves some of these alone uses the others more."""


@dataclasses.dataclass(frozen=True)
class RandomProgram:
    """A program with what is needed to run and to differentiate it.

    Attributes:
        source: the text of the module.
        parameters: the placed parameters of `prog` and what they stand for.
        static: its static arguments.
        results: what `result` may name.
        wrt: the parameters to differentiate by.
        clients: how many there are.
    """

    source: str
    parameters: tuple[tuple[str, Type], ...]
    static: Mapping[str, Any]
    results: tuple[int | str, ...]
    wrt: tuple[str, ...]
    clients: int = 2
    of: str = "prog"

    def arguments(self, seed: int = 0) -> dict[str, Any]:
        """Random placed arguments."""
        rng = np.random.default_rng([seed, self.clients])
        return {name: _random(type_, self.clients, rng) for name, type_ in self.parameters}


def program(seed: int, features: frozenset[str] = EVERYTHING) -> RandomProgram:
    """The program of this seed; it leaves some of the features alone."""
    rng = Random(seed)
    features -= {name for name in SOMETIMES if rng.random() < 0.3}
    module = surroundings(rng, features)
    helpers: list[Computation] = []
    for name in _helper_names(rng, module):
        helpers.append(computation(rng, module, name, tuple(helpers)))
    main = computation(rng, module, "prog", tuple(helpers))
    text = module_text(rng, module, [*helpers, main])
    if "comments" in features:
        text = commented(rng, text, rng.choice([0.0, 0.05, 0.3]))
    placed = tuple((n, t) for n, t in main.parameters if not _is_static(t))
    static = {n: _static(rng, t) for n, t in main.parameters if _is_static(t)}
    wrt = _wrt(rng, placed, features)
    return RandomProgram(text, placed, static, main.selectable, wrt, rng.choice([2, 2, 3]))


def _helper_names(rng: Random, module: Surroundings) -> list[str]:
    if "calls" not in module.features:
        return []
    taken = {*module.called.values(), *module.constants}
    names = [name for name in ("inner", "round", "prog_2", "update_w") if name not in taken]
    return rng.sample(names, rng.choice([0, 0, 1, 1, 2]))


def _is_static(type_: Type) -> bool:
    return isinstance(type_, Leaf) and type_.placement == STATIC


def _static(rng: Random, type_: Type) -> Any:
    assert isinstance(type_, Leaf)
    return rng.choice([0, 1, 2, 2, 3]) if type_.kind == NUMBER else rng.choice([True, False])


def _wrt(
    rng: Random, placed: tuple[tuple[str, Type], ...], features: frozenset[str]
) -> tuple[str, ...]:
    """One to three of the parameters that hold floats."""
    real = [n for n, t in placed if any(leaf.kind in REAL_KINDS for leaf in leaves(t))]
    if "client_wrt" not in features:
        clients = dict(placed)
        real = [n for n in real if all(leaf.placement != CLIENTS for leaf in leaves(clients[n]))]
    return tuple(rng.sample(real, min(len(real), rng.choice([1, 1, 2, 3]))))


# The module ------------------------------------------------------------------------------------


def module_text(rng: Random, module: Surroundings, computations: list[Computation]) -> str:
    """Imports, constants, aggregators, functions and computations."""
    used = frozenset().union(*(each.functions for each in computations))
    functions = [_definition(module, name) for name in FUNCTIONS if name in used]
    uploads = set().union(*(each.uploads for each in _reached(computations)))
    texts = [
        each.text.replace(
            "@computation", _decorator(rng, module, uploads, each is computations[-1])
        )
        for each in computations
    ]
    blocks = [
        *_aggregators(module, "\n".join(texts)),
        *(f"{name} = {rng.choice(['0.5', '2.0', '1.5'])}" for name in module.constants),
    ]
    code = "\n\n\n".join(["\n".join(blocks), *filter(None, functions), *texts]).strip()
    return f"{_imports(module, code)}\n\n\n{code}\n"


def _definition(module: Surroundings, name: str) -> str:
    return re.sub(
        r"\$(\w+)",
        lambda match: module.called.get(match[1], match[1]),
        FUNCTIONS[name].text,
    )


def _aggregators(module: Surroundings, code: str) -> list[str]:
    return [
        f'{name} = {module.fed}aggregator("{name}", like={module.fed}{name.partition("_")[2]})'
        for name in ("secure_sum", "secure_mean")
        if re.search(rf"\b{name}\b", code)
    ]


def _reached(computations: Sequence[Computation]) -> list[Computation]:
    """The last computation, and those that it calls, itself or through others."""
    found = [computations[-1]]
    for each in reversed(computations[:-1]):
        if any(re.search(rf"\b{each.name}\(", caller.text) for caller in found):
            found.append(each)
    return found


def _decorator(rng: Random, module: Surroundings, uploads: set[str], outermost: bool) -> str:
    """It names the mechanism of cotangents where that is not obvious."""
    mechanisms = {name if name.startswith("secure") else "plain" for name in uploads}
    if not outermost or (len(mechanisms) == 1 and rng.random() < 0.9):
        return f"@{module.fed}computation"
    named = rng.choice(sorted(uploads) or list(module.aggregators))
    named = named if named.startswith("secure") else f"{module.fed}{named}"
    return f"@{module.fed}computation(transpose_broadcast={named})"


def _imports(module: Surroundings, code: str) -> str:
    words = set(re.findall(r"\w+", code))
    lines = [f"import {name}" for name in ("functools", "jax") if re.search(rf"\b{name}\.", code)]
    lines.append("import jax.numpy as jnp")
    types = [name for name in ("Array", "BFloat16", "Float", "Int", "PyTree") if name in words]
    if types:
        lines.append(f"from jaxtyping import {', '.join(types)}")
    imports = {
        "fed": "import fadc as fed",
        "fadc": "import fadc",
        "from": f"from fadc import {', '.join(n for n in IMPORTED if n in words | {'map', 'sum'})}",
    }
    return "\n".join([*lines, "", imports[module.style]])


# Arguments -------------------------------------------------------------------------------------


def _random(type_: Type, clients: int, rng: np.random.Generator) -> Any:
    if isinstance(type_, Parts):
        parts = [_random(child, clients, rng) for child in type_.children]
        return dict(zip(type_.keys, parts, strict=True)) if type_.keys else tuple(parts)
    assert isinstance(type_, Leaf)
    leading = (clients,) if type_.placement == CLIENTS else ()

    def floats(*shape: int) -> Any:
        return jnp.asarray(rng.uniform(0.2, 1.2, leading + shape))

    match type_.kind:
        case "vector":
            return floats(SIZE)
        case "half":
            return floats(SIZE).astype(jnp.bfloat16)
        case "half_scalar":
            return floats().astype(jnp.bfloat16)
        case "integer":
            return jnp.asarray(rng.integers(1, 3, leading))
        case "tree":
            return {"v": floats(SIZE), "k": jnp.asarray(rng.integers(1, 3, leading))}
        case "pair":
            return floats(), floats(SIZE)
        case "named":
            return {"delta": floats(SIZE), "n": floats()}
        case "empty":
            return ()
    return floats()


__all__ = [
    "EMPTY",
    "HALF",
    "HALF_SCALAR",
    "INTEGER",
    "NAMED",
    "PAIR",
    "TREE",
    "VECTOR",
    "RandomProgram",
    "program",
]
