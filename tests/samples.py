"""The samples: what to differentiate in each, and random arguments of any size.

`SAMPLES` are held against everything that fadc can do, `GALLERY` has these and all others.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

ROOT = Path(__file__).parent.parent

Spec = str | float | Mapping[str, Any] | Callable[[np.random.Generator, Mapping[str, int]], Any]
"""Axes (`"c n d"`: `c` clients, the others of any size), a number, a dict of these, or a function."""

SMALL = {"n": 6, "m": 3, "d": 4, "h": 5, "k": 3}
"""Sizes of axes for tests."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A file of `samples/`: its main computation, its differentiable inputs, its arguments.

    `modes` are those that JAX has for its local functions; fadc refuses the others.
    """

    name: str
    of: str
    wrt: tuple[str, ...]
    specs: Mapping[str, Spec]
    result: str | None = None
    modes: tuple[str, ...] = ("forward", "reverse", "mixed")
    static: Mapping[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """What the command line says of what to differentiate."""
        told = ["--of", self.of, "--wrt", ",".join(self.wrt)]
        return [*told, "--result", self.result] if self.result else told

    @property
    def path(self) -> str:
        """The file, as seen from the root of the repository."""
        return f"samples/{self.name}.py"

    @property
    def source(self) -> str:
        """The text of the file."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def module(self) -> ModuleType:
        """The file, imported."""
        spec = importlib.util.spec_from_file_location(f"samples_{self.name}", ROOT / self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def arguments(self, clients: int, sizes: Mapping[str, int] | None = None) -> dict[str, Any]:
        """Random arguments."""
        random = np.random.default_rng(clients)
        all_sizes = {**SMALL, **(sizes or {}), "c": clients}
        return {name: _made(spec, all_sizes, random) for name, spec in self.specs.items()}


def _made(spec: Spec, sizes: Mapping[str, int], random: np.random.Generator) -> Any:
    if isinstance(spec, Mapping):
        return {name: _made(part, sizes, random) for name, part in spec.items()}
    if callable(spec):
        return spec(random, sizes)
    if isinstance(spec, str):
        return jnp.asarray(0.5 * random.normal(size=[sizes[axis] for axis in spec.split()]))
    return jnp.asarray(spec)


SAMPLES = (
    Sample("fedsgd", "population_loss", ("w",), {"w": "d", "x": "c n d", "y": "c n"}),
    Sample(
        "fedavg",
        "fedavg_round",
        ("w", "server_lr"),
        {"w": "d", "client_lr": 0.05, "server_lr": 0.7, "x": "c n d", "y": "c n"},
    ),
    Sample(
        "fedavg_mlp",
        "train",
        ("params", "server_lr"),
        {
            "params": {"w1": "d h", "b1": "h", "w2": "h"},
            "client_lr": 0.05,
            "server_lr": 0.7,
            "x": "c n d",
            "y": "c n",
        },
        static={"rounds": 3},
    ),
    Sample(
        "secure_linear_regression",
        "validation_loss",
        ("ridge",),
        {
            "ridge": 0.3,
            "x": "c n d",
            "y": "c n",
            "x_held_out": "c m d",
            "y_held_out": "c m",
        },
    ),
    Sample(
        "scaffold",
        "scaffold_round",
        ("w", "control", "lr"),
        {
            "w": "d",
            "server_control": "d",
            "control": "c d",
            "lr": 0.05,
            "x": "c n d",
            "y": "c n",
        },
        result="loss",
    ),
)


def adam_state(random: np.random.Generator, sizes: Mapping[str, int]) -> Any:
    """The state of optax's Adam after some steps."""
    state = optax.adam(1.0).init(jnp.zeros(sizes["d"]))
    return jax.tree.map(
        lambda leaf: leaf + jnp.asarray(random.uniform(1, 2, leaf.shape), leaf.dtype), state
    )


def counts(random: np.random.Generator, sizes: Mapping[str, int]) -> Any:
    """A small whole number for each client."""
    return jnp.asarray(random.integers(1, 9, sizes["c"]))


def positive(random: np.random.Generator, sizes: Mapping[str, int]) -> Any:
    """A positive number for each client."""
    return jnp.asarray(random.uniform(1.0, 2.0, sizes["c"]))


def keys(random: np.random.Generator, sizes: Mapping[str, int]) -> Any:
    """A key for each client."""
    return jax.random.split(jax.random.key(int(random.integers(1000))), sizes["c"])


def labels(axes: str, values: int) -> Spec:
    """Integers below `values`."""
    return lambda random, sizes: jnp.asarray(
        random.integers(0, values, [sizes[axis] for axis in axes.split()])
    )


def bits(axes: str) -> Spec:
    """Zeros and ones, as floats."""
    return lambda random, sizes: jnp.asarray(
        random.integers(0, 2, [sizes[axis] for axis in axes.split()]), float
    )


GALLERY = (
    *SAMPLES,
    Sample(
        "adaptive_clipping",
        "private_rounds",
        ("w", "clip", "server_lr", "quantile"),
        {
            "w": "d",
            "velocity": "d",
            "clip": 0.1,
            "server_lr": 0.2,
            "quantile": 0.5,
            "noise_multiplier": 0.1,
            "key": lambda random, _: jax.random.key(int(random.integers(1000))),
            "x": "c n d",
            "y": "c n",
        },
        result="loss",
        static={"rounds": 2},
    ),
    Sample(
        "client_weights",
        "loss_of_weights",
        ("score",),
        {"w": "d", "lr": 0.05, "score": "c", "trust": positive, "x": "c n d", "y": "c n"},
    ),
    Sample(
        "em_clustering",
        "held_out_surprise",
        ("centres", "log_width"),
        {"centres": "k d", "log_width": 0.3, "x": "c n d", "x_held_out": "c m d"},
        static={"rounds": 2},
    ),
    Sample(
        "fednest",
        "upper_objective",
        ("offset", "w"),
        {
            "offset": "k",
            "w": "d k",
            "lr": 0.5,
            "x": "c n d",
            "labels": labels("c n", SMALL["k"]),
            "x_held_out": "c m d",
            "labels_held_out": labels("c m", SMALL["k"]),
        },
        result="loss",
        static={"rounds": 2},
    ),
    Sample(
        "fednova",
        "fednova_round",
        ("w", "server_lr", "lr"),
        {
            "w": "d",
            "server_lr": 0.7,
            "lr": 0.05,
            "steps": counts,
            "examples": positive,
            "x": "c n d",
            "y": "c n",
        },
        result="loss",
    ),
    Sample(
        "fedopt",
        "fedopt_round",
        ("w", "server_lr"),
        {
            "w": "d",
            "state": adam_state,
            "server_lr": 0.1,
            "client_lr": 0.05,
            "x": "c n d",
            "y": "c n",
        },
        result="loss",
    ),
    Sample(
        "fedpaq",
        "fedpaq_round",
        ("w", "lr"),
        {"w": "d", "lr": 0.05, "key": keys, "x": "c n d", "y": "c n"},
        result="loss",
        modes=("reverse", "mixed"),
    ),
    Sample(
        "fedprox",
        "fedprox",
        ("w", "mu"),
        {
            "w": "d",
            "mu": 0.3,
            "lr": 0.05,
            "x": "c n d",
            "y": "c n",
            "x_held_out": "c m d",
            "y_held_out": "c m",
        },
        static={"rounds": 2},
    ),
    Sample(
        "per_fedavg",
        "per_fedavg_round",
        ("w", "inner_lr"),
        {
            "w": "d",
            "inner_lr": "d",
            "outer_lr": 0.5,
            "x": "c n d",
            "y": bits("c n"),
            "x_query": "c m d",
            "y_query": bits("c m"),
        },
        result="loss",
    ),
    Sample(
        "proxskip",
        "proxskip",
        ("w", "control", "lr"),
        {"w": "c d", "control": "c d", "lr": 0.5, "p": 0.5, "x": "c n d", "y": bits("c n")},
        result="loss",
        static={"communicates": (False, True, True, False)},
    ),
    Sample(
        "reptile",
        "reptile_round",
        ("params", "inner_lr", "outer_lr"),
        {
            "params": {"w1": "h", "b1": "h", "w2": "h"},
            "inner_lr": 0.05,
            "outer_lr": 0.7,
            "x": "c m n",
            "y": "c m n",
            "x_query": "c m",
            "y_query": "c m",
        },
        result="loss",
    ),
    Sample(
        "rfa",
        "rfa_round",
        ("w", "server_lr", "nu"),
        {
            "w": "d",
            "server_lr": 0.7,
            "nu": 0.6,
            "lr": 0.05,
            "fault": "c d",
            "x": "c n d",
            "y": "c n",
        },
    ),
    Sample(
        "ridge_regression",
        "left_out_error",
        ("log_ridge",),
        {"log_ridge": "d", "x": "c n d", "y": "c n"},
        result="error",
    ),
)
"""Every file of `samples/`."""


def sample(name: str) -> Sample:
    """The sample of this name."""
    return next(sample for sample in GALLERY if sample.name == name)
