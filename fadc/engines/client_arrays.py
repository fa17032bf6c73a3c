"""Client-placed arrays that are spread over devices, with padding between the clients' rows."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fadc.engines.layout import Layout


@functools.partial(jax.tree_util.register_dataclass, data_fields=["padded"], meta_fields=["layout"])
@dataclass(frozen=True, eq=False, repr=False)
class ClientArray:
    """An array with one row for each client, and with rows of padding that are never visible.

    `shape` is the one without padding. It is a pytree of one leaf, `padded`: `jax.jit`,
    `jax.lax.scan` and `jax.tree.map` take it. `np.asarray` gives the clients' rows, if this process
    holds all of them.
    """

    padded: Any
    layout: Layout

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of clients, and the shape of one client's part."""
        return (self.layout.clients, *self.padded.shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes, that of the clients included."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The dtype of the array."""
        return self.padded.dtype

    def __len__(self) -> int:
        """The number of clients."""
        return self.layout.clients

    def __repr__(self) -> str:
        """The type, in JAX's notation, without values, which may be elsewhere."""
        if not hasattr(self.padded, "dtype"):
            return f"ClientArray({self.padded!r})"
        return f"ClientArray(shape={self.shape}, dtype={self.dtype}, layout={self.layout.counts})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The clients' rows. Raises ValueError where another process holds some of them."""
        if not getattr(self.padded, "is_fully_addressable", True):
            raise ValueError(
                "some clients of this array are in other processes, whose data cannot be read here: "
                "engine.local(array) gives those of this process"
            )
        rows: np.ndarray[Any, Any] = np.asarray(self.padded)[self.layout.is_client.ravel()]
        return rows if dtype is None else rows.astype(dtype)


def is_client_array(leaf: Any) -> bool:
    """Whether this is a `ClientArray`, which counts as one leaf of a client value."""
    return isinstance(leaf, ClientArray)


def client_leaves(value: Any) -> list[tuple[Any, Any]]:
    """The leaves of a client value with their paths."""
    return jax.tree_util.tree_leaves_with_path(value, is_leaf=is_client_array)


def flatten(value: Any) -> tuple[list[Any], Any]:
    """The leaves of a client value, and its structure."""
    return jax.tree.flatten(value, is_leaf=is_client_array)
