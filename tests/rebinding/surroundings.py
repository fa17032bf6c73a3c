"""What a module offers to the computations in it: names of functions, imports, aggregators."""

from __future__ import annotations

import dataclasses
from random import Random

from .functions import FUNCTIONS, parts_of, required
from .server_expressions import BUILTINS
from .types import Type

PRIMITIVES = ("broadcast", "map", "sum", "mean", "weighted_mean", "num_clients")
IMPORTED = (*PRIMITIVES, "computation", "aggregator", "Server", "Clients")

PLAIN_NAMES = ("w", "z", "a", "b", "c", "g", "h", "x", "model", "total", "update")
EMITTED_NAMES = tuple(
    "w_bar z_bar w_dot a_bar b_dot residuals out_bar delta f_vjp step_vjp tape start end item "
    "pullback pushforward out out_2 w_2 w_tape stop steps jac result value constant packed "
    "sin_pullback multiply_pullback multiply_jvp step_pullback loss_vjp w_at_clients "
    "z_at_clients mean_b_bar zeros row segment carried t k primal _ prog_out w_bar_2 "
    "w_pullback w_pullback_tape a_tape tape_item tape_item_0_bar sum_w total_weight".split()
)
BUILTIN_NAMES = (
    *BUILTINS,
    *"min max map iter slice len isinstance abs object type id next sorted any all".split(),
)
LIBRARY_NAMES = ("jax", "fed", "functools")


@dataclasses.dataclass(frozen=True)
class Helper:
    """A computation that others call."""

    name: str
    text: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """The module around the computations.

    Attributes:
        features: what programs may use.
        style: how fadc is imported: `fed`, `fadc` or `from`.
        shapes: whether annotations say more than placements.
        called: what each function of the module is called.
        constants: floats that the module binds.
        aggregators: the upload mechanisms of the program, as they are called.
    """

    features: frozenset[str]
    style: str
    shapes: bool
    called: dict[str, str]
    constants: tuple[str, ...]
    aggregators: tuple[str, ...]

    @property
    def fed(self) -> str:
        """What stands in front of a primitive."""
        return "" if self.style == "from" else f"{self.style}."

    @property
    def hidden(self) -> frozenset[str]:
        """The builtins that names of the module hide."""
        bound = {*self.called.values(), *self.constants}
        return frozenset(bound | (set(IMPORTED) if self.style == "from" else set()))

    def names_of(self, functions: frozenset[str]) -> set[str]:
        """The names by which the module calls these functions and what they are made of."""
        return {self.called[name] for name in functions if name in self.called}


def surroundings(rng: Random, features: frozenset[str]) -> Surroundings:
    """A random module."""
    style = rng.choice(["fed", "fed", "fadc", "from"]) if "import_styles" in features else "fed"
    taken = {*IMPORTED, "fadc", "fed", "jnp", "functools", "jax", "prog", "secure_sum"}
    names = [*PLAIN_NAMES, "f", "local", "clip", "grad"]
    if "emitted_names" in features:
        names += rng.sample(EMITTED_NAMES, 12)
    if "shadowed_builtins" in features:
        names += rng.sample(sorted({*BUILTIN_NAMES} - {"dict", "range"}), 3)
    taken |= {name for function in FUNCTIONS.values() for name in function.names}
    called = _called(rng, features, [name for name in names if name not in taken])
    free = [name for name in names if name not in {*called.values(), *taken}]
    hiding = [name for name in free if name in BUILTIN_NAMES]
    constants = rng.sample(hiding or free, rng.choice([0, 0, 1])) if free else []
    mechanisms = rng.choice(_MECHANISMS) if "mechanisms" in features else ("mean", "sum")
    return Surroundings(
        features, style, rng.random() < 0.5, called, tuple(constants), tuple(mechanisms)
    )


_MECHANISMS = (
    ("mean", "sum"),
    ("mean", "sum"),
    ("mean", "sum"),
    ("secure_sum",),
    ("secure_mean",),
    ("mean", "secure_sum"),
    ("secure_sum", "secure_mean"),
)


def _called(rng: Random, features: frozenset[str], names: list[str]) -> dict[str, str]:
    """A name for each function: its own, or now and then another."""
    called: dict[str, str] = {}
    free = list(names)
    rng.shuffle(free)
    for function in FUNCTIONS.values():
        for name in sorted(function.names):
            if name in called:
                continue
            renamed = free and "helper_names" in features and rng.random() < 0.3
            called[name] = free.pop() if renamed else name
    return called


def usable(rng: Random, module: Surroundings, count: int) -> frozenset[str]:
    """The functions that one computation uses."""
    possible = [
        name
        for name, function in FUNCTIONS.items()
        if not function.feature or function.feature in module.features
    ]
    chosen = frozenset(rng.sample(possible, min(count, len(possible))))
    return chosen | required(chosen)


def names_in(functions: frozenset[str]) -> frozenset[str]:
    """All names of the module that these functions are made of."""
    found = set(functions)
    for name in functions:
        found |= FUNCTIONS[name].names | parts_of(FUNCTIONS[name])
    return frozenset(found)
