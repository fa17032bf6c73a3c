"""The work of a mesh's devices on the clients' rows: the only file that calls `shard_map`.

A client-placed array has one of two forms. With `layout.rows` rows it is spread over the devices,
and each sees its own `layout.each` rows. With `layout.clients` rows, if these are fewer, every
device has all of them and takes its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

from fadc.engines.client_arrays import is_client_array
from fadc.engines.devices import Devices
from fadc.engines.embedded import REDUCTIONS
from fadc.engines.layout import Layout
from fadc.engines.leaves import is_inexact


def outside_of_meshes() -> Any:
    """A `with` block outside the mesh of `jax.set_mesh`: the devices are given explicitly."""
    return jax.sharding.use_abstract_mesh(AbstractMesh((), ()))


def broadcast_rows(values: list[Any], devices: Devices, layout: Layout) -> list[Any]:
    """Each value once for every row of a layout."""
    with outside_of_meshes():
        sent = _everywhere(values, devices)
        found: list[Any] = _broadcast_rows(sent, devices, layout) if values else []
    return found


def total_of_rows(values: list[Any], devices: Devices, layout: Layout, like: str) -> list[Any]:
    """The sum, or the mean, of each client value over the clients, by one all-reduce of XLA."""
    if not values:
        return []
    if not layout.clients:  # Nobody sends. XLA (of JAX 0.10) crashes on some sums over nobody.
        return [REDUCTIONS[like](array) for array in values]
    whole = _whole(values, layout)
    with outside_of_meshes():
        arrays = _arrays(values, devices, whole)
        found: list[Any] = _total_of_rows(arrays, whole, devices, layout, like)
    return found


def at_clients(
    function: Callable[..., list[Any]],
    constants: list[Any],
    values: list[Any],
    devices: Devices,
    layout: Layout,
) -> list[Any]:
    """`function(constants, rows)` on every device, of its own rows of each client value.

    `check_vma=False`: JAX need not track which values vary over devices, since the function sends
    nothing.
    """
    whole = _whole(values, layout)
    arrays = _arrays(values, devices, whole)

    def on_device(constants: list[Any], arrays: list[Any]) -> list[Any]:
        return function(constants, _own_rows(arrays, whole, devices, layout))

    program = jax.shard_map(
        on_device,
        mesh=devices.mesh,
        in_specs=(devices.everywhere, devices.specs(whole)),
        out_specs=devices.by_client,
        check_vma=False,
    )
    with outside_of_meshes():
        found: list[Any] = jax.jit(program)(_everywhere(constants, devices), arrays)
    return found


def gathered_rows(padded: Any, devices: Devices, layout: Layout) -> Any:
    """All clients' rows, on every device, without the padding."""
    with outside_of_meshes():
        return _gathered_rows(padded, devices, layout)


@functools.partial(jax.jit, static_argnums=(1, 2))
def _gathered_rows(padded: Any, devices: Devices, layout: Layout) -> Any:
    def gather(rows: Any) -> Any:
        return jax.lax.all_gather(rows, devices.axes, tiled=True)[layout.is_client.ravel()]

    return jax.shard_map(
        gather,
        mesh=devices.mesh,
        in_specs=devices.by_client,
        out_specs=devices.everywhere,
        check_vma=False,
    )(padded)


@functools.partial(jax.jit, static_argnums=(1, 2))
def _broadcast_rows(values: list[Any], devices: Devices, layout: Layout) -> list[Any]:
    def on_device(values: list[Any]) -> list[Any]:
        rows = [jnp.broadcast_to(each, (layout.each, *jnp.shape(each))) for each in values]
        return [_without_gradient_of_padding(each, devices, layout) for each in rows]

    found: list[Any] = jax.shard_map(
        on_device, mesh=devices.mesh, in_specs=devices.everywhere, out_specs=devices.by_client
    )(values)
    return found


@functools.partial(jax.jit, static_argnums=(1, 2, 3, 4))
def _total_of_rows(
    arrays: list[Any], whole: tuple[bool, ...], devices: Devices, layout: Layout, like: str
) -> list[Any]:
    def on_device(arrays: list[Any]) -> list[Any]:
        rows = _own_rows(arrays, whole, devices, layout)
        parts = [_part(_zero_padding(each, devices, layout), like, layout) for each in rows]
        totals = jax.lax.psum(parts, devices.axes)  # type: ignore[no-untyped-call]
        return [_finished(each, like, layout) for each in totals]

    found: list[Any] = jax.shard_map(
        on_device,
        mesh=devices.mesh,
        in_specs=(devices.specs(whole),),
        out_specs=devices.everywhere,
    )(arrays)
    return found


def _part(rows: Any, like: str, layout: Layout) -> Any:
    """The part of a device in a total, in the dtype of the total.

    For a mean of small floats it is a share of the mean, since a sum might overflow.
    """
    dtype = jax.eval_shape(REDUCTIONS[like], rows).dtype
    if not _is_shared(dtype, like):
        return jnp.sum(rows, axis=0, dtype=dtype)
    total = jnp.sum(rows, axis=0, dtype=jnp.float32)
    return (total / layout.clients).astype(dtype)


def _finished(total: Any, like: str, layout: Layout) -> Any:
    """The result made from a total."""
    if like == "sum" or _is_shared(total.dtype, like):
        return total
    return total / layout.clients


def _is_shared(dtype: Any, like: str) -> bool:
    """Whether devices divide before they sum."""
    return like == "mean" and bool(dtype.itemsize <= 2)


def _everywhere(values: list[Any], devices: Devices) -> list[Any]:
    """Server values, as `shard_map` takes them."""
    return [_untyped(value, devices, devices.everywhere) for value in values]


def _arrays(values: list[Any], devices: Devices, whole: tuple[bool, ...]) -> list[Any]:
    """Client values as `shard_map` takes them."""
    arrays = [value.padded if is_client_array(value) else value for value in values]
    pairs = zip(arrays, devices.specs(whole), strict=True)
    return [_untyped(array, devices, spec) for array, spec in pairs]


def _untyped(array: Any, devices: Devices, spec: PartitionSpec) -> Any:
    """The array; for one with a sharding in its type (on a mesh of explicit axes), one without.

    `shard_map` would contradict the type, and a cotangent would not have it.
    """
    if not jax.typeof(array).sharding.mesh.explicit_axes:
        return array
    return jax.device_put(array, NamedSharding(devices.mesh, spec))


def _whole(values: list[Any], layout: Layout) -> tuple[bool, ...]:
    """For each value, whether every device has all rows."""
    return tuple(not (layout.is_even or is_client_array(value)) for value in values)


def _own_rows(
    arrays: list[Any], whole: tuple[bool, ...], devices: Devices, layout: Layout
) -> list[Any]:
    """The rows of each array that belong to the device that runs this."""
    pairs = zip(arrays, whole, strict=True)
    return [_own(array, devices, layout) if all_rows else array for array, all_rows in pairs]


def _own(array: Any, devices: Devices, layout: Layout) -> Any:
    rows = array[_mine(layout.client_of_row, devices)]
    return _without_gradient_of_padding(rows, devices, layout)


def _without_gradient_of_padding(rows: Any, devices: Devices, layout: Layout) -> Any:
    """The rows, unchanged; JAX's derivatives of them leave padding out, even if it is NaN."""
    if layout.is_even or not is_inexact(rows.dtype):
        return rows
    is_client = _along(rows, _mine(layout.is_client, devices))
    return jnp.where(is_client, rows, jax.lax.stop_gradient(rows))


def _zero_padding(rows: Any, devices: Devices, layout: Layout) -> Any:
    if layout.is_even:
        return rows
    return jnp.where(_along(rows, _mine(layout.is_client, devices)), rows, jnp.zeros_like(rows))


def _mine(table: np.ndarray[Any, Any], devices: Devices) -> Any:
    """The row of a table that belongs to the device that runs this."""
    return jnp.asarray(table)[jax.lax.axis_index(devices.axes)]


def _along(rows: Any, flags: Any) -> Any:
    """Flags of rows, broadcast to the shape of the rows."""
    return flags.reshape(flags.shape + (1,) * (rows.ndim - 1))
