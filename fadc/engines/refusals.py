"""Checks of the sharded engine: it refuses values on other devices than those of its mesh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding

from fadc.engines.client_arrays import is_client_array
from fadc.engines.devices import Devices
from fadc.engines.leaves import is_float0


def check_context() -> None:
    """Raise ValueError if the mesh of `jax.set_mesh` would put shardings into types of arrays."""
    if any(kind is AxisType.Explicit for kind in jax.sharding.get_abstract_mesh().axis_types):
        raise ValueError(
            "the sharded engine does not run where jax.set_mesh has set a mesh of explicit axes. "
            "Leave jax.set_mesh out, the engine has its mesh, or set one of automatic axes: "
            "jax.sharding.Mesh(mesh.devices, mesh.axis_names)"
        )


def check_layouts(values: Mapping[str, Any], devices: Devices) -> None:
    """Raise ValueError for arguments, by their names, that were placed on other devices."""
    layouts = {name: leaf.layout for name, leaf in values.items() if is_client_array(leaf)}
    for name, layout in layouts.items():
        rows = values[name].padded.shape[0]
        if len(layout.counts) != devices.count:
            raise ValueError(
                f"{name} is laid over {len(layout.counts)} devices, but the engine's mesh has "
                f"{devices.count} for clients. Place it again: engine.place(np.asarray(array))"
            )
        if rows != layout.rows:
            raise ValueError(f"{name} has {rows} rows where its layout has {layout.rows}")
    if len(set(layouts.values())) > 1:
        listed = ", ".join(f"{name} has {layout.counts}" for name, layout in layouts.items())
        raise ValueError(
            f"client values are at different devices; clients on each device: {listed}. "
            "Place them together: engine.place((x, y))"
        )


def check_processes(values: Mapping[str, Any], devices: Devices) -> None:
    """Raise ValueError for an array of one process if the clients are in several.

    A traced array does not show which process it belongs to.
    """
    if devices.processes == 1:
        return
    for name, leaf in values.items():
        if not (is_float0(leaf) or is_client_array(leaf)) and _is_of_one_process(leaf):
            raise ValueError(
                f"{name} is an array of this process alone, but the clients are in "
                f"{devices.processes} processes. Each lays out its own clients: engine.place(array)"
            )


def check_at_server(leaves: Iterable[Any]) -> None:
    """Raise ValueError for a broadcast of a value that shows to be client-placed."""
    if any(is_client_array(leaf) for leaf in leaves):
        raise ValueError("the value given to fed.broadcast is at the clients already")


def check_devices(leaves: Iterable[Any], devices: Devices, what: str) -> None:
    """Raise ValueError for an array that was put on other devices than those of the mesh."""
    wanted = [device.id for device in devices.all]
    for leaf in leaves:
        array = leaf.padded if is_client_array(leaf) else leaf
        if is_concrete(array) and array.committed and _ids(array.sharding, wanted) != wanted:
            raise ValueError(
                f"{what} is on devices {_ids(array.sharding, wanted)}, but the engine's mesh has "
                f"{wanted}. Lay client values out by engine.place(values), and put server values "
                "on no device, or on all: jax.device_put(w, jax.NamedSharding(mesh, jax.P()))"
            )


def is_concrete(array: Any) -> bool:
    """Whether this is a concrete array of JAX, not a tracer."""
    return isinstance(array, jax.Array) and not isinstance(array, jax.core.Tracer)


def _ids(sharding: Any, wanted: list[int]) -> list[int]:
    """The devices in the order of an array's parts; as wanted if that is unknown."""
    if isinstance(sharding, NamedSharding):
        return [device.id for device in sharding.mesh.devices.flat]
    found = sorted(device.id for device in sharding.device_set)
    return wanted if found == sorted(wanted) else found


def _is_of_one_process(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray) or (is_concrete(leaf) and leaf.is_fully_addressable)
