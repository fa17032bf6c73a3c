"""Laying client values over the devices of a mesh, and refusing what lies elsewhere."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, NamedSharding

from fadc.engines.client_arrays import ClientArray, client_leaves, flatten, is_client_array
from fadc.engines.layout import Layout, at_positions
from fadc.engines.leaves import float0_zeros, is_array, is_float0
from fadc.engines.on_devices import Devices


def place(values: Any, devices: Devices) -> Any:
    """The arrays of `values`, one row for each client of this process, as `Sharded.place` lays them."""
    arrays = [each for each in client_leaves(values) if is_array(each[1])]
    here = [each for each in arrays if not _is_placed(each[1], devices)]
    layout = _layout_of(here, devices) if here else Layout((0,))
    leaves, tree = flatten(values)
    return tree.unflatten([_placed(leaf, layout, devices) for leaf in leaves])


def local(values: Any) -> Any:
    """The rows of client values that this process holds, as `Sharded.local` gives them."""
    leaves, tree = flatten(values)
    return tree.unflatten([_local(leaf) if is_array(leaf) else leaf for leaf in leaves])


def check_arguments(values: Mapping[str, Any], devices: Devices) -> None:
    """Raise ValueError for client-placed arguments that are laid out for other devices, or not at all."""
    if any(kind is AxisType.Explicit for kind in jax.sharding.get_abstract_mesh().axis_types):
        raise ValueError(
            "the sharded engine does not run where jax.set_mesh has set a mesh of explicit axes. Leave "
            "jax.set_mesh out, the engine has its mesh, or make one of automatic axes: "
            "jax.sharding.Mesh(mesh.devices, mesh.axis_names)"
        )
    layouts = {name: leaf.layout for name, leaf in values.items() if is_client_array(leaf)}
    for name, layout in layouts.items():
        if len(layout.counts) != devices.count:
            raise ValueError(
                f"{name} is laid over {len(layout.counts)} devices, but the engine's mesh has "
                f"{devices.count} for clients. Place it again: engine.place(np.asarray(array))"
            )
        rows = values[name].padded.shape[0]
        if rows != layout.rows:
            raise ValueError(f"{name} has {rows} rows where its layout has {layout.rows}")
    if len(set(layouts.values())) > 1:
        listed = ", ".join(f"{name} has {layout.counts}" for name, layout in layouts.items())
        raise ValueError(
            f"client values are at different devices; clients on each device: {listed}. "
            "Place them together: engine.place((x, y))"
        )
    for name, leaf in values.items():
        if devices.processes > 1 and not is_float0(leaf) and _is_of_one_process(leaf):
            raise ValueError(
                f"{name} is an array of this process alone, but the clients are in "
                f"{devices.processes} processes. Each lays out its own clients: engine.place(array)"
            )


def check_devices(leaves: Iterable[Any], devices: Devices, what: str) -> None:
    """Raise ValueError for an array that was put on other devices than those of the mesh."""
    for leaf in leaves:
        array = leaf.padded if is_client_array(leaf) else leaf
        if not _is_concrete(array) or not array.committed:
            continue
        sharding = array.sharding
        given = list(sharding.mesh.devices.flat if isinstance(sharding, NamedSharding) else [])
        if given != devices.all if given else sharding.device_set != set(devices.all):
            ids = [device.id for device in given or sharding.device_set]
            raise ValueError(
                f"{what} is on devices {ids}, but the engine's mesh has {[device.id for device in devices.all]}. Lay client "
                "values out by engine.place(values), and put server values on no device, or on all: "
                "jax.device_put(w, jax.NamedSharding(mesh, jax.P()))"
            )


def _layout_of(arrays: list[tuple[Any, Any]], devices: Devices) -> Layout:
    """Where the clients are, if these are the arrays of this process."""
    counts = at_positions(_clients_of(arrays), devices.positions_here, devices.count)
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
    """The length of the axis of clients. Raises ValueError where arrays have none, or different ones."""
    sizes = {}
    for path, leaf in arrays:
        name = f"values{jax.tree_util.keystr(path)}"
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
    """The rows of this process's clients, and of padding, on their devices; what is no array, as it is."""
    if not is_array(array) or is_client_array(array):
        return array
    sharding = NamedSharding(devices.mesh, devices.by_client)
    if _is_placed(array, devices):
        return jax.device_put(array, sharding)  # Moves nothing: it is another name for the mesh.
    if is_float0(array):
        return float0_zeros((layout.clients, *array.shape[1:]))
    if jax.dtypes.issubdtype(array.dtype, jax.dtypes.prng_key):
        data = _placed(jax.random.key_data(array), layout, devices)
        return jax.tree.map(
            lambda rows: jax.random.wrap_key_data(rows, impl=jax.random.key_impl(array)), data
        )
    rows = _rows_of_devices(np.asarray(array), layout, devices)
    shape = (layout.rows, *array.shape[1:])

    def of_device(index: tuple[slice, ...]) -> Any:
        return rows[(index[0].start or 0) // max(layout.each, 1)]

    padded = jax.make_array_from_callback(shape, sharding, of_device)
    return padded if layout.is_even else ClientArray(padded, layout)


def _rows_of_devices(array: Any, layout: Layout, devices: Devices) -> dict[int, Any]:
    """The rows of each device of this process, padding included."""
    found, first = {}, 0
    for position in devices.positions_here:
        count = layout.counts[position]
        own = np.minimum(np.arange(layout.each), max(count - 1, 0)) + first
        source = array if len(array) else np.zeros((1, *array.shape[1:]), array.dtype)
        found[position] = source[np.clip(own, 0, len(source) - 1)]
        first += count
    return found


def _local(array: Any) -> Any:
    if jax.dtypes.issubdtype(array.dtype, jax.dtypes.prng_key):
        wrapped = isinstance(array, ClientArray)
        keys = array.padded if wrapped else array
        data = jax.random.key_data(keys)
        rows = _local(ClientArray(data, array.layout) if wrapped else data)
        return jax.random.wrap_key_data(rows, impl=jax.random.key_impl(keys))
    padded = array.padded if is_client_array(array) else array
    if not _is_concrete(padded) or padded.is_fully_addressable or padded.is_fully_replicated:
        return np.asarray(array)
    shards = {shard.index[0].start or 0: shard.data for shard in padded.addressable_shards}
    rows = np.concatenate([np.asarray(shards[start]) for start in sorted(shards)])
    if not is_client_array(array):
        return rows
    places = np.concatenate([np.arange(s, s + len(shards[s])) for s in sorted(shards)])
    return rows[array.layout.is_client.ravel()[places]]


def _is_concrete(array: Any) -> bool:
    return isinstance(array, jax.Array) and not isinstance(array, jax.core.Tracer)


def _is_of_one_process(leaf: Any) -> bool:
    """Whether all of this array is in this process; False where a trace does not show it."""
    array = leaf.padded if is_client_array(leaf) else leaf
    return isinstance(array, np.ndarray) or _is_concrete(array) and array.is_fully_addressable


def _is_placed(leaf: Any, devices: Devices) -> bool:
    """Whether this array lies over the devices already."""
    if is_client_array(leaf):
        return True
    if not _is_concrete(leaf) or not leaf.committed:
        return False
    return leaf.sharding.is_equivalent_to(
        NamedSharding(devices.mesh, devices.by_client), leaf.ndim
    )
