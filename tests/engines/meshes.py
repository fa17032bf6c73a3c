"""Engines on some of the tests' eight devices, and what XLA makes of a program there."""

import math
import re
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from fadc.engines import ClientArray, Sharded

BYTES = {"f64": 8, "s64": 8, "u64": 8, "f32": 4, "s32": 4, "u32": 4, "pred": 1}


def engine_on(devices: int) -> Sharded:
    """The sharded engine on the first devices, as its page makes it."""
    return Sharded(jax.make_mesh((devices,), ("clients",), devices=jax.devices()[:devices]))


def collectives(hlo: str) -> list[tuple[str, int]]:
    """The messages between devices in a compiled program: what they are, and their bytes."""
    names = r"all-\w+|collective-\w+|reduce-scatter|ragged-all-to-all|send|recv"
    found = re.findall(rf"= (.*?) ({names})(?:-start)?\(", hlo)
    return [(name, _bytes(shape)) for shape, name in found]


def _bytes(shape: str) -> int:
    parts = re.findall(r"(\w+)\[([\d,]*)\]", shape)
    return sum(
        BYTES[dtype] * math.prod(int(size) for size in sizes.split(",") if size)
        for dtype, sizes in parts
    )


def messages(function: Callable[..., Any], *args: Any) -> list[str]:
    """The kinds of messages in a function, compiled."""
    hlo = jax.jit(function).lower(*args).compile().as_text()
    return [name for name, _ in collectives(hlo)]


def cut(value: Any) -> Any:
    """A result with arrays in the place of `ClientArray`s."""

    def array(leaf: Any) -> Any:
        return np.asarray(leaf) if isinstance(leaf, ClientArray) else leaf

    return jax.tree.map(array, value, is_leaf=lambda leaf: isinstance(leaf, ClientArray))


def assert_same(actual: Any, expected: Any, tolerance: float = 1e-9) -> None:
    """Structure, shapes and dtypes are the same, values as close as the order of additions lets them."""
    actual = cut(actual)
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for got, wanted in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        got_type, wanted_type = jax.typeof(got), jax.typeof(wanted)
        assert (got_type.shape, got_type.dtype) == (wanted_type.shape, wanted_type.dtype)
        if got_type.dtype != jax.dtypes.float0:
            got, wanted = (np.asarray(each, np.complex128) for each in (got, wanted))
            np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
