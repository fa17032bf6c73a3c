"""Random arguments for a computation, made from its annotations.

Each symbol of the shapes gets a size of its own, so that two that must not be confused differ.
Floats are drawn from (0.1, 1.1): roots, logarithms and divisions are defined there, and rates and
weights are of a usual size.
"""

import itertools
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fadc.errors import UsageError
from fadc.language import annotations
from fadc.language.placements import placement_of

_CANNOT = "give inputs with --inputs MODULE:FUNCTION, a function from the number of clients to them"


@dataclass(frozen=True)
class _Maker:
    """Makes arrays: for `clients` clients, symbols sized as `sizes` says."""

    random: np.random.Generator
    clients: int
    sizes: dict[str, int]


def random_inputs(function: Callable[..., Any], clients: int, seed: int) -> dict[str, Any]:
    """An argument for each parameter of a computation, static ones by default.

    Raises UsageError for a parameter whose annotation does not say its shape.
    """
    maker = _Maker(np.random.default_rng([seed, clients]), clients, _Sizes(clients))
    parameters = annotations.signature(function).parameters
    return {name: _argument(maker, parameter) for name, parameter in parameters.items()}


def differentiable(arguments: Mapping[str, Any], function: Callable[..., Any]) -> tuple[str, ...]:
    """The placed parameters whose arguments have a floating-point leaf."""
    parameters = annotations.signature(function).parameters
    return tuple(
        name
        for name, value in arguments.items()
        if _is_placed(parameters[name].annotation)
        and any(
            jnp.issubdtype(jnp.result_type(leaf), jnp.inexact) for leaf in jax.tree.leaves(value)
        )
    )


class _Sizes(dict[str, int]):
    """Sizes of symbols in the order in which they are asked for: 3, 4, …, not the clients'."""

    def __init__(self, clients: int) -> None:
        super().__init__()
        self._free = (size for size in itertools.count(3) if size != clients)

    def __missing__(self, symbol: str) -> int:
        self[symbol] = next(self._free)
        return self[symbol]


def _argument(maker: _Maker, parameter: Parameter) -> Any:
    if not _is_placed(parameter.annotation):
        if parameter.default is not Parameter.empty:
            return parameter.default
        raise UsageError(f"static parameter `{parameter.name}` has no default: {_CANNOT}")
    made = _made(maker, parameter.annotation, ())
    if made is None:
        raise UsageError(f"the annotation of `{parameter.name}` says no shape: {_CANNOT}")
    return made


def _is_placed(annotation: Any) -> bool:
    parts = typing.get_args(annotation)
    return placement_of(annotation) is not None or any(_is_placed(part) for part in parts)


def _made(maker: _Maker, annotation: Any, leading: tuple[int, ...]) -> Any:
    """A value for an annotation, None where it does not say enough."""
    placement = placement_of(annotation)
    if placement is not None:
        inner = (maker.clients,) if placement.name == "Clients" else ()
        return _made(maker, placement.type, inner)
    if typing.get_origin(annotation) is tuple:
        parts = [_made(maker, each, leading) for each in typing.get_args(annotation)]
        return None if any(part is None for part in parts) else tuple(parts)
    if not hasattr(annotation, "dim_str"):
        return None
    shape = _shape(annotation.dim_str, maker.sizes)
    return None if shape is None else _array(maker, annotation.dtypes, leading + shape)


def _shape(dimensions: str, sizes: Mapping[str, int]) -> tuple[int, ...] | None:
    """The shape that a jaxtyping string says, e.g. `n d`, `3 #k` or `n+1`."""
    names = [part.lstrip("#?") for part in dimensions.split()]
    if any(name.startswith(("*", "_", "...")) or "=" in name for name in names):
        return None
    try:
        return tuple(int(eval(name, {"__builtins__": {}}, sizes)) for name in names)
    except Exception:  # noqa: BLE001  The text is the user's and may be anything.
        return None


def _array(maker: _Maker, dtypes: Any, shape: tuple[int, ...]) -> Any:
    """Random entries of the first kind that the annotation admits."""
    kinds = dtypes if isinstance(dtypes, (list, tuple)) else ["float"]
    if any("key" in kind for kind in kinds):
        root = jax.random.key(int(maker.random.integers(2**31)))
        return jax.random.split(root, shape) if shape else root
    if any(kind.startswith(("float", "bfloat")) for kind in kinds):
        return jnp.asarray(maker.random.uniform(0.1, 1.1, shape))
    if any(kind.startswith("complex") for kind in kinds):
        return jnp.asarray(maker.random.uniform(0.1, 1.1, shape) + 0j)
    return jnp.asarray(maker.random.integers(2, size=shape), "bool" if "bool" in kinds else "int64")
