"""The embedded engine: all clients on this machine, side by side under `jax.vmap`.

A client-placed value is a pytree whose array leaves have a leading clients axis. Everything is
plain JAX, so programs can be jitted, vmapped over hyper-parameters and differentiated by JAX.

float0 leaves never reach `vmap`: they carry no information, and JAX would spend operations on
copying them. They are taken out before and put back after, with the clients axis adjusted.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from fadc.engines.client_arrays import client_leaves, is_client_array
from fadc.engines.leaves import float0_zeros, is_array, is_float0, is_number


@dataclass(frozen=True)
class Embedded:
    """Clients simulated by `jax.vmap`. See `fadc.engines.Engine` for the methods' contracts."""

    def run(self, call: Callable[[], Any], values: Mapping[str, Any]) -> Any:
        """Run a computation unchanged. Raises ValueError for values placed on a mesh's devices."""
        for name, leaf in values.items():
            if is_client_array(leaf):
                raise ValueError(
                    f"{name} is laid over the devices of a mesh, which the embedded engine does not "
                    "know. Run on the engine that placed it: with fed.use_engine(engine)"
                )
        return call()

    def broadcast(self, value: Any, n: int) -> Any:
        """Leaf of shape `s` → leaf of shape `(n, *s)`; leaves that are not numbers stay."""
        return jax.tree.map(functools.partial(_broadcast_leaf, n=n), value)

    def map(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        static: Mapping[str, Any],
        n: int,
    ) -> Any:
        """`function` vmapped over the array leaves of `args`; other leaves are passed as they are.

        Raises ValueError for an array leaf without a leading axis of length `n`.
        """
        for position, arg in enumerate(args, start=1):
            arrays = [each for each in client_leaves(arg) if is_array(each[1])]
            check_clients_axis(arrays, n, f"argument {position} of {name_of(function)} in fed.map")
        leaves = jax.tree.leaves(args)
        tree: Any = jax.tree.structure(args)
        outer: list[Any] = []  # The result's leaves, with None where vmap fills in; a trace's note.
        out_tree = tree

        def at_client(batched: list[Any]) -> list[Any]:
            nonlocal outer, out_tree
            inner = tree.unflatten(merge([_at_one_client(leaf) for leaf in leaves], batched))
            results, out_tree = jax.tree.flatten(function(*inner, **static))
            outer = [_at_all_clients(leaf, n) for leaf in results]
            return [leaf for leaf in results if not is_float0(leaf)]

        filled = jax.vmap(at_client, axis_size=n)([leaf for leaf in leaves if _is_batched(leaf)])
        return out_tree.unflatten(merge(outer, filled))

    def aggregate(self, value: Any, like: str, name: str, n: int) -> Any:
        """Leaf of shape `(n, *s)` → its sum or mean over clients, of shape `s`.

        Sums keep integer dtypes (bools are counted in the default integer), means of integers are
        floats. Raises ValueError for a leaf without a leading axis of length `n`.
        """
        check_clients_axis(client_leaves(value), n, f"the value given to {name}")
        return jax.tree.map(REDUCTIONS[like], value)


def _broadcast_leaf(leaf: Any, n: int) -> Any:
    if is_float0(leaf):
        return float0_zeros((n, *leaf.shape))
    if is_array(leaf) or is_number(leaf):
        return jnp.broadcast_to(leaf, (n, *jnp.shape(leaf)))
    return leaf


def _sum_leaf(leaf: Any) -> Any:
    if is_float0(leaf):
        return float0_zeros(leaf.shape[1:])
    leaf = jnp.asarray(leaf)
    return jnp.sum(leaf, axis=0, dtype=None if leaf.dtype == bool else leaf.dtype)


def _mean_leaf(leaf: Any) -> Any:
    return float0_zeros(leaf.shape[1:]) if is_float0(leaf) else jnp.mean(leaf, axis=0)


REDUCTIONS: dict[str, Callable[[Any], Any]] = {"sum": _sum_leaf, "mean": _mean_leaf}


def _is_batched(leaf: Any) -> bool:
    """Whether `vmap` maps over this argument leaf."""
    return is_array(leaf) and not is_float0(leaf)


def _at_one_client(leaf: Any) -> Any:
    """An argument leaf as one client sees it; None if `vmap` fills it in."""
    if is_float0(leaf):
        return float0_zeros(leaf.shape[1:])
    return None if is_array(leaf) else leaf


def _at_all_clients(leaf: Any, n: int) -> Any:
    """One client's result leaf, for all clients; None if `vmap` fills it in."""
    return float0_zeros((n, *leaf.shape)) if is_float0(leaf) else None


def merge(leaves: list[Any], fill: list[Any]) -> list[Any]:
    """`leaves` with each None replaced by the next of `fill`."""
    filling = iter(fill)
    return [next(filling) if leaf is None else leaf for leaf in leaves]


def check_clients_axis(leaves: list[tuple[Any, Any]], n: int, what: str) -> None:
    """Raise ValueError where a leaf, here with its path, has no leading axis of length `n`."""
    for path, leaf in leaves:
        shape = leaf.shape if is_array(leaf) else ()
        if shape[:1] != (n,):
            where = jax.tree_util.keystr(path)
            raise ValueError(
                f"{what} is not at the clients: its leaf{where and ' ' + where} has shape {shape}, "
                f"but a value at {n} clients has shape ({n}, ...). "
                "Send a server value to the clients first: fed.broadcast(...)"
            )


def name_of(function: Callable[..., Any]) -> str:
    """The name of a mapped function, for messages."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", repr(function))
