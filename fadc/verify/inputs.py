"""Random arguments for a computation, made from its annotations.

Each dimension gets a different size, so that confusing two dimensions is a shape error. Floats are
drawn from (0.1, 1.1), where roots, logarithms and divisions are defined and rates and weights have
usual sizes.
"""

import ast
import itertools
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fadc.analyses.evaluation import parsed, symbol_value
from fadc.errors import UsageError
from fadc.ir import is_several
from fadc.language import annotations
from fadc.language.placements import placement_of
from fadc.syntax.types.dimensions import read_largest

_CANNOT = "give inputs with --inputs MODULE:FUNCTION, a function from the number of clients to them"


@dataclass(frozen=True)
class _Maker:
    """Makes arrays for `clients` clients, with the sizes of symbols from `sizes`."""

    random: np.random.Generator
    clients: int
    sizes: "_Sizes"


def random_inputs(function: Callable[..., Any], clients: int, seed: int) -> dict[str, Any]:
    """An argument for each parameter of a computation; static parameters take their defaults.

    Raises UsageError for a parameter whose annotation does not say its shape.
    """
    parameters = annotations.signature(function).parameters
    static = {p.name: p.default for p in parameters.values() if type(p.default) is int}
    maker = _Maker(np.random.default_rng([seed, clients]), clients, _Sizes(clients, static))
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
    """Sizes of symbols in the order in which they are asked for: 3, 4, …, not the clients'.

    Static parameters in a dimension, such as `{rounds}`, have their own values.
    """

    def __init__(self, clients: int, static: Mapping[str, int]) -> None:
        super().__init__(static)
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
    """A value for an annotation, None if it does not determine one."""
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


def _shape(dimensions: str, sizes: _Sizes) -> tuple[int, ...] | None:
    """A shape that a jaxtyping string admits, e.g. `n d`, `3 #k` or `n+1`; `*batch` has one axis here."""
    extents = read_largest(dimensions)
    found = [_size(extent, sizes) for extent in extents or ()]
    told = tuple(size for size in found if size is not None and size >= 0)
    return told if extents is not None and len(told) == len(found) else None


def _size(extent: str, sizes: _Sizes) -> int | None:
    if is_several(extent):
        return sizes[extent]
    node = parsed(extent)
    if node is None:
        return None
    called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and id(each) not in called:
            sizes[each.id]  # This gives the symbol a size.
    return symbol_value(extent, sizes)


def _array(maker: _Maker, dtypes: Any, shape: tuple[int, ...]) -> Any:
    """An array of random entries of the first dtype that the annotation admits."""
    kinds = dtypes if isinstance(dtypes, (list, tuple)) else ["float"]
    if any("key" in kind for kind in kinds):
        root = jax.random.key(int(maker.random.integers(2**31)))
        return jax.random.split(root, shape) if shape else root
    if any(kind.startswith(("float", "bfloat")) for kind in kinds):
        return jnp.asarray(maker.random.uniform(0.1, 1.1, shape))
    if any(kind.startswith("complex") for kind in kinds):
        return jnp.asarray(maker.random.uniform(0.1, 1.1, shape) + 0j)
    return jnp.asarray(maker.random.integers(2, size=shape), "bool" if "bool" in kinds else "int64")
