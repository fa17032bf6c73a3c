"""Programs for mixed mode: chains of stages of different widths, and all that is no chain.

A program is a file of this folder with the same axes for all its arguments: `d` and `k` wide, `n`
examples. `sizes` are those of its values, by name.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent

AXES = {"d": 4, "k": 3, "n": 5}


@dataclasses.dataclass(frozen=True, eq=False)
class Staged:
    """One program.

    Attributes:
        name: the file's stem.
        specs: the axes of each argument (`"c k d"`: with one for clients), or a dict of them.
        wrt: what to differentiate by.
        sizes: of values whose shape is not annotated.
        of: the computation.
        static: the static arguments.
        variant: tells entries of one file apart.
        exact: whether the model speaks of all that it costs: not of calls, not of uploads whose
            clients' values come from elsewhere, and not of what the primal uploads twice, which a
            derivative does not.
    """

    name: str
    specs: Mapping[str, Any]
    wrt: tuple[str, ...]
    sizes: Mapping[str, int]
    of: str = "evaluate"
    static: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    exact: bool = True
    variant: str = ""

    @property
    def id(self) -> str:
        """The name of this entry in test reports."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def source(self) -> str:
        """The program's text."""
        return (FOLDER / f"{self.name}.py").read_text(encoding="utf-8")

    @property
    def dims(self) -> dict[str, int]:
        """The sizes of all symbols."""
        static = {name: int(value) for name, value in self.static.items()}
        axes = {
            name: size
            for name, size in AXES.items()
            if re.search(rf'["\s]{name}["\s]', self.source)
        }
        return {**axes, **static, **self.sizes}

    def arguments(self, clients: int) -> dict[str, Any]:
        """Random arguments."""
        rng = np.random.default_rng(clients)
        return {name: _made(spec, {**AXES, "c": clients}, rng) for name, spec in self.specs.items()}


def elements(spec: Any) -> int:
    """The number of elements of an argument."""
    if isinstance(spec, dict):
        return sum(elements(part) for part in spec.values())
    return math.prod(AXES[axis] for axis in spec.split())


def _made(spec: Any, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    if isinstance(spec, dict):
        return {name: _made(part, sizes, rng) for name, part in spec.items()}
    return np.asarray(0.6 * rng.normal(size=[sizes[axis] for axis in spec.split()]))


SKETCHED = {"w": "d", "p": "c k d", "y": "c k"}
FITTED = {"w": "d", "x": "c n d", "y": "c n"}
HEADED = {**FITTED, "rate": "", "head": "k", "p": "c k d"}
TRAINED = {"w": 4, "delta": 4, "mean_delta": 4, "losses": 1}
RATED = {**FITTED, "client_rate": "", "server_rate": ""}
TWICE = {"first": 4, "mean_first": 4, "w_next": 4, "second": 4, "mean_second": 4}
CENTRE = {"sketches": 3, "centre": 3, "losses": 1}

STAGES = (
    Staged("chain_of_one", FITTED, ("w",), {"losses": 1}),
    Staged("chain_of_two", SKETCHED, ("w",), {**CENTRE, "mean_sketches": 3}),
    Staged(
        "chain_of_three",
        FITTED,
        ("w",),
        {
            "scores": 1,
            "mean_scores": 1,
            "level": 1,
            "spreads": 4,
            "sum_spreads": 4,
            "direction": 4,
            "losses": 1,
        },
    ),
    Staged(
        "chain_of_five",
        {"w": "d", "p": "c k d", "q": "c k k", "x": "c n d", "y": "c n"},
        ("w",),
        {
            "first": 3,
            "a": 3,
            "second": 3,
            "b": 3,
            "third": 4,
            "c": 4,
            "fourth": 2,
            "e": 2,
            "fifth": 1,
        },
    ),
    Staged(
        "side_by_side",
        {"w": "d", "p": "c k d", "x": "c n d", "y": "c n"},
        ("w",),
        {"centres": 4, "m": 4, "widths": 1, "s": 1, "losses": 1},
    ),
    Staged("shared_model", SKETCHED, ("w",), {"directions": 3, "v": 3, "losses": 1}),
    Staged(
        "two_arms",
        {"w": "d", "u": "k", "p": "c k d", "q": "c k k", "y": "c k"},
        ("w", "u"),
        {"first": 3, "a": 3, "second": 3, "b": 3, "other": 3, "c": 3, "losses": 1},
    ),
    Staged(
        "rounds",
        {"w": "d", "lr": "", "x": "c n d", "y": "c n"},
        ("w", "lr"),
        {"w": 4, "delta": 4, "mean_delta": 4, "losses": 1},
        of="train",
        static={"rounds": 3},
    ),
    Staged(
        "rounds",
        {"w": "d", "lr": "", "x": "c n d", "y": "c n"},
        ("lr",),
        {"w": 4, "delta": 4, "mean_delta": 4, "losses": 1},
        of="train",
        static={"rounds": 3},
        variant="rate",
    ),
    Staged(
        "server_rate",
        {"w": "d", "rate": "", "x": "c n d", "y": "c n"},
        ("rate",),
        {
            "first": 4,
            "mean_first": 4,
            "w_next": 4,
            "second": 4,
            "mean_second": 4,
            "w_last": 4,
            "losses": 1,
        },
    ),
    Staged(
        "either_arm",
        {"w": "d", "u": "k", "p": "c k d", "y": "c k"},
        ("w", "u"),
        {**CENTRE, "mean_sketches": 3},
        static={"narrow": True},
    ),
    Staged("kept_features", FITTED, ("w",), {"rows": 4, "v": 4, "losses": 1}),
    Staged(
        "personal_parameters",
        {"w": "d", "c": "c k", "p": "c k d", "y": "c k"},
        ("w", "c"),
        CENTRE,
    ),
    Staged(
        "pytrees",
        {"model": {"weights": "d", "bias": ""}, "x": "c n d", "y": "c n"},
        ("model",),
        {"model": 5, "stats": 4, "total": 4, "losses": 1},
    ),
    Staged("secure", SKETCHED, ("w",), {**CENTRE, "secure_sum_sketches": 3}),
    Staged("two_mechanisms", SKETCHED, ("w",), CENTRE),
    Staged(
        "weighted",
        SKETCHED,
        ("w",),
        {
            "sketches": 3,
            "losses": 1,
            "weighted_sketches": 3,
            "total_sketches": 3,
            "centre": 3,
            "weighted_losses": 1,
            "counts": 1,
            "total_losses": 1,
        },
        exact=False,
    ),
    Staged(
        "counted",
        FITTED,
        ("w",),
        {"losses": 1, "mean_losses": 1, "counts": 1, "mean_counts": 1},
    ),
    Staged(
        "echoed_rate",
        {"w": "d", "rate": "", "x": "c n d", "y": "c n"},
        ("rate",),
        {"losses": 1, "total": 1},
    ),
    Staged("several_functions", SKETCHED, ("w",), CENTRE, static={"power": 2}),
    Staged("with_a_call", SKETCHED, ("w",), CENTRE, exact=False),
)

PREFIXES = (
    Staged("warm_start", HEADED, ("head", "rate"), TRAINED, static={"rounds": 3}),
    Staged("two_rates", RATED, ("client_rate", "server_rate"), TWICE),
    Staged("two_rates", RATED, ("server_rate",), TWICE, variant="server"),
    Staged("two_rates", RATED, ("w", "client_rate"), TWICE, variant="model"),
    Staged(
        "rate_of_each_round",
        {**FITTED, "a": "", "b": "", "c": "", "e": ""},
        ("a", "b", "c", "e"),
        {
            "first": 4,
            "mean_first": 4,
            "u": 4,
            "second": 4,
            "mean_second": 4,
            "v": 4,
            "third": 4,
            "mean_third": 4,
            "t": 4,
            "fourth": 4,
            "mean_fourth": 4,
            "s": 4,
            "losses": 1,
        },
    ),
    Staged(
        "several_results",
        {**FITTED, "rate": ""},
        ("rate",),
        {"w": 4, "losses": 1, "mean_losses": 1, "curve": 1, "delta": 4, "mean_delta": 4, "last": 1},
        static={"rounds": 3},
    ),
    Staged("trained_by_calls", {**HEADED, "decay": ""}, ("rate", "head"), {**TRAINED, "out": 4}),
    Staged(
        "trained_by_calls",
        {**HEADED, "decay": ""},
        ("rate", "decay", "head"),
        {**TRAINED, "out": 4},
        variant="rates",
    ),
    Staged(
        "kept_momentum",
        HEADED,
        ("rate", "head"),
        {
            "momentum": 4,
            "mean_momentum": 4,
            "v": 4,
            "again": 4,
            "mean_again": 4,
            "u": 4,
            "losses": 1,
        },
    ),
    Staged(
        "kept_momentum",
        HEADED,
        ("w", "rate"),
        {
            "momentum": 4,
            "mean_momentum": 4,
            "v": 4,
            "again": 4,
            "mean_again": 4,
            "u": 4,
            "losses": 1,
        },
        variant="model",
    ),
    Staged(
        "trained_tree",
        {
            "model": {"weights": "d", "bias": ""},
            **{name: axes for name, axes in HEADED.items() if name != "w"},
            "decay": "",
        },
        ("rate", "decay", "head"),
        {"model": 5, "change": 5, "mean_change": 5, "losses": 1},
        static={"rounds": 3},
    ),
)
"""Programs whose first stages can be pushed forward."""

STAGED = (*STAGES, *PREFIXES)
