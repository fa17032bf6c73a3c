"""Placing client values on the devices of a mesh, and reading the rows that are in this process."""

from __future__ import annotations

import zlib
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding

from fadc.engines.client_arrays import ClientArray, client_leaves, flatten, is_client_array
from fadc.engines.devices import Devices
from fadc.engines.layout import Layout, at_positions
from fadc.engines.leaves import float0_zeros, is_array, is_float0
from fadc.engines.refusals import is_concrete


def place(values: Any, devices: Devices) -> Any:
    """The arrays of `values`, one row per client of this process, placed as by `Sharded.place`."""
    arrays = [each for each in client_leaves(values) if is_array(each[1])]
    here = [each for each in arrays if not _is_placed(each[1], devices)]
    layout = _layout_of(here, devices) if here else Layout(())  # There is nothing to place.
    leaves, tree = flatten(values)
    return tree.unflatten([_placed(leaf, layout, devices) for leaf in leaves])


def local(values: Any) -> Any:
    """The rows of client values that this process holds, as `Sharded.local` returns them."""
    leaves, tree = flatten(values)
    return tree.unflatten([_local(leaf) if is_array(leaf) else leaf for leaf in leaves])


def _layout_of(arrays: list[tuple[Any, Any]], devices: Devices) -> Layout:
    """The layout of all clients, where these are the arrays of this process."""
    count = _clients_of(arrays)
    devices.check_processes()
    counts = at_positions(count, devices.positions_here, devices.count)
    if devices.processes == 1:
        return Layout(counts)
    types = [(jax.tree_util.keystr(path), leaf.shape[1:], str(leaf.dtype)) for path, leaf in arrays]
    told = np.array([*counts, zlib.crc32(repr(types).encode())], np.uint32)
    of_all = np.asarray(multihost_utils.process_allgather(told))
    if len(set(of_all[:, -1].tolist())) > 1:
        raise ValueError(
            "the processes place client values of different types. Those of process "
            f"{jax.process_index()}, without the axis of clients: {types}"
        )
    return Layout(tuple(int(count) for count in of_all[:, :-1].max(axis=0)))


def _clients_of(arrays: list[tuple[Any, Any]]) -> int:
    """The length of the clients axis. Raises ValueError if arrays have none or disagree."""
    sizes = {}
    for path, leaf in arrays:
        name = f"values{jax.tree_util.keystr(path)}"
        if isinstance(leaf, jax.core.Tracer):
            raise TypeError(
                f"{name} is traced: place values first, and pass them to what is traced"
            )
        if len(leaf.shape) == 0:
            raise ValueError(
                f"{name} is a scalar: an array at the clients has a leading axis, one row per client"
            )
        sizes[name] = int(leaf.shape[0])
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise ValueError(f"the arrays to place disagree on the number of clients: {listed}")
    return next(iter(sizes.values()))


def _placed(array: Any, layout: Layout, devices: Devices) -> Any:
    """The rows of this process's clients, and padding, on their devices; other leaves unchanged."""
    if not is_array(array) or is_client_array(array):
        return array
    if _is_placed(array, devices):
        return jax.device_put(array, _by_client(devices))  # Moves nothing: the mesh is the same.
    if is_float0(array):
        return float0_zeros((layout.clients, *array.shape[1:]))
    if _is_key(array):
        data = _placed(jax.random.key_data(array), layout, devices)
        return _keys_of(data, array)
    rows = _rows_of_devices(np.asarray(array), layout, devices)
    padded = jax.make_array_from_callback(
        (layout.rows, *array.shape[1:]),
        _by_client(devices),
        lambda index: rows[((index and index[0].start) or 0) // max(layout.each, 1)],
    )
    return padded if layout.is_even else ClientArray(padded, layout)


def _rows_of_devices(array: Any, layout: Layout, devices: Devices) -> dict[int, Any]:
    """The rows of each of this process's devices, with padding: zeros if a device has no client."""
    source = array if len(array) else np.zeros((1, *array.shape[1:]), array.dtype)
    found, first = {}, 0
    for position in devices.positions_here:
        count = layout.counts[position]
        own = first + np.minimum(np.arange(layout.each), max(count - 1, 0))
        found[position] = source[np.clip(own, 0, len(source) - 1)]
        first += count
    return found


def _local(array: Any) -> Any:
    """The rows of one array that are in this process; all rows if it is in every process."""
    padded = array.padded if is_client_array(array) else array
    if not is_concrete(padded):
        return array
    if _is_key(array):
        data = jax.tree.map(jax.random.key_data, array)
        return _keys_of(_local(data), padded)
    if padded.is_fully_addressable or padded.is_fully_replicated:
        return np.asarray(array)
    parts = {
        shard.index[0].start or 0: np.asarray(shard.data) for shard in padded.addressable_shards
    }
    if is_client_array(array):
        is_client = array.layout.is_client.ravel()
        parts = {start: part[is_client[start:][: len(part)]] for start, part in parts.items()}
    return np.concatenate([parts[start] for start in sorted(parts)])


def _is_key(array: Any) -> bool:
    return bool(jax.numpy.issubdtype(array.dtype, jax.dtypes.prng_key))


def _keys_of(data: Any, like: Any) -> Any:
    """Keys with these data, of the same kind as other keys."""
    kind = jax.random.key_impl(like)
    return jax.tree.map(lambda rows: jax.random.wrap_key_data(rows, impl=kind), data)


def _by_client(devices: Devices) -> NamedSharding:
    return NamedSharding(devices.mesh, devices.by_client)


def _is_placed(leaf: Any, devices: Devices) -> bool:
    """Whether this array is spread over the devices already."""
    if is_client_array(leaf):
        return True
    if not is_concrete(leaf) or not leaf.committed:
        return False
    return bool(leaf.sharding.is_equivalent_to(_by_client(devices), leaf.ndim))
