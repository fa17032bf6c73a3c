"""The sharded engine: clients spread over a mesh of devices, of one machine or of many.

Every device has its own clients and runs them side by side, as the embedded engine does, inside
`jax.shard_map`. A broadcast is replication, an aggregate is a `psum`, and nothing else is ever sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
from jax.sharding import AxisType, Mesh

from fadc.engines import local_programs, placing, refusals
from fadc.engines.client_arrays import ClientArray, client_leaves, flatten, is_client_array
from fadc.engines.devices import Devices
from fadc.engines.embedded import check_clients_axis, merge, name_of
from fadc.engines.layout import Layout, balanced
from fadc.engines.leaves import float0_zeros, is_array, is_float0, is_number
from fadc.engines.on_devices import at_clients, broadcast_rows, gathered_rows, total_of_rows
from fadc.engines.scoped import Scoped

_layout: Scoped[Layout | None] = Scoped("fadc_layout", None)
"""The layout of the running computation's clients."""


@dataclass(frozen=True)
class Sharded:
    """Clients on the devices along an axis of a mesh, or along several. See `Engine` for the methods.

    There may be any number of clients. If they cannot be spread evenly, client-placed arrays are
    `ClientArray`s while a computation runs: with rows of padding, which affect no result.

    Raises ValueError for an axis that the mesh does not have.
    """

    mesh: Mesh
    axis: str | tuple[str, ...] = "clients"

    def __post_init__(self) -> None:
        """Checks the axes, and makes them a tuple."""
        object.__setattr__(self, "axis", self.axis if isinstance(self.axis, str) else self._axes)
        if not isinstance(self.mesh, Mesh):
            raise TypeError(
                f"Sharded takes a mesh of devices, not {type(self.mesh).__name__}: "
                'Sharded(jax.make_mesh((jax.device_count(),), ("clients",)))'
            )
        for name in self._axes:
            if name not in self.mesh.axis_names:
                raise ValueError(
                    f"the mesh has no axis {name!r}, its axes are {self.mesh.axis_names}. Say along "
                    f"which one the clients are: Sharded(mesh, axis={self.mesh.axis_names[0]!r})"
                )

    @property
    def _axes(self) -> tuple[str, ...]:
        return (self.axis,) if isinstance(self.axis, str) else tuple(self.axis)

    @property
    def _devices(self) -> Devices:
        """The mesh, in the form in which `shard_map` takes all arrays, and the clients' axes."""
        automatic = (AxisType.Auto,) * len(self.mesh.axis_names)
        return Devices(
            Mesh(self.mesh.devices, self.mesh.axis_names, axis_types=automatic), self._axes
        )

    def run(self, call: Callable[[], Any], values: Mapping[str, Any]) -> Any:
        """Run a computation; client results have no padding unless client values were placed.

        Raises ValueError if client values are placed on another mesh, or if a process passes values
        that it should place.
        """
        refusals.check_context()
        refusals.check_layouts(values, self._devices)
        refusals.check_processes(values, self._devices)
        placed = {leaf.layout for leaf in values.values() if is_client_array(leaf)}
        sizes = {leaf.shape[0] for leaf in values.values()}
        (layout,) = placed or {balanced(size, self._devices.count) for size in sizes}
        with _layout.set(layout):
            result = call()
        return result if placed else self._cut(result)

    def place(self, values: Any) -> Any:
        """Client values placed on the devices; the arrays of `values` have one row per client.

        In several processes each gives the rows of its own clients, any number of them, and keeps
        them; all have to call it. Placed values are arguments of computations, whose client results
        are then placed, too. If clients cannot be spread evenly, arrays become `ClientArray`s.

        Raises ValueError where arrays disagree on the number of clients, or processes on the types, TypeError for traced ones.
        """
        return placing.place(values, self._devices)

    def local(self, values: Any) -> Any:
        """The rows of client values that this process holds, as NumPy arrays, in the clients' order."""
        return placing.local(values)

    def broadcast(self, value: Any, n: int) -> Any:
        """Leaf of shape `s` → leaf of shape `(n, *s)`, each row made on its client's device."""
        leaves, tree = flatten(value)
        refusals.check_at_server(leaves)
        layout = self._layout_for([], n)
        sent = [
            leaf for leaf in leaves if not is_float0(leaf) and (is_array(leaf) or is_number(leaf))
        ]
        refusals.check_devices(sent, self._devices, "the value given to fed.broadcast")
        rows = broadcast_rows(sent, self._devices, layout)
        kept = [_kept_by_broadcast(leaf, n) for leaf in leaves]
        return tree.unflatten(merge(kept, [_wrapped(row, layout) for row in rows]))

    def map(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        static: Mapping[str, Any],
        n: int,
    ) -> Any:
        """`function` at every client, on the client's device; see `Embedded.map`."""
        for position, arg in enumerate(args, start=1):
            what = f"argument {position} of {name_of(function)} in fed.map"
            self._check([each for each in client_leaves(arg) if is_array(each[1])], n, what)
        leaves, tree = flatten(args)
        layout = self._layout_for(leaves, n)
        program = local_programs.traced(function, leaves, tree, static, layout.each)
        arrays = [leaf for leaf in leaves if is_array(leaf) and not is_float0(leaf)]
        rows = at_clients(program, program.constants, arrays, self._devices, layout)
        kept = [
            None if leaf is None else float0_zeros((n, *leaf.shape[1:])) for leaf in program.results
        ]
        return program.tree.unflatten(merge(kept, [_wrapped(row, layout) for row in rows]))

    def aggregate(self, value: Any, like: str, name: str, n: int) -> Any:
        """Leaf of shape `(n, *s)` → its sum or mean over clients, of shape `s`, on every device."""
        self._check(client_leaves(value), n, f"the value given to {name}")
        leaves, tree = flatten(value)
        layout = self._layout_for(leaves, n)
        sent = [leaf for leaf in leaves if not is_float0(leaf)]
        totals = total_of_rows(sent, self._devices, layout, like)
        kept = [float0_zeros(leaf.shape[1:]) if is_float0(leaf) else None for leaf in leaves]
        return tree.unflatten(merge(kept, totals))

    def _check(self, leaves: list[tuple[Any, Any]], n: int, what: str) -> None:
        """Raise ValueError if leaves are not client-placed, or not on these devices."""
        check_clients_axis(leaves, n, what)
        refusals.check_devices([leaf for _, leaf in leaves], self._devices, what)

    def _layout_for(self, leaves: list[Any], n: int) -> Layout:
        """The layout of these values' clients."""
        placed = [leaf.layout for leaf in leaves if is_client_array(leaf)]
        current = _layout.get()
        if not placed and current and current.clients == n:
            return current
        return placed[0] if placed else balanced(n, self._devices.count)

    def _cut(self, result: Any) -> Any:
        """The result with arrays in place of `ClientArray`s; JAX keeps these on every device."""

        def array(leaf: Any) -> Any:
            if not is_client_array(leaf):
                return leaf
            return gathered_rows(leaf.padded, self._devices, leaf.layout)

        return jax.tree.map(array, result, is_leaf=is_client_array)


def _wrapped(rows: Any, layout: Layout) -> Any:
    return rows if layout.is_even else ClientArray(rows, layout)


def _kept_by_broadcast(leaf: Any, n: int) -> Any:
    """The result of a broadcast for a leaf that it does not send; None for one that it sends."""
    if is_float0(leaf):
        return float0_zeros((n, *leaf.shape))
    return None if is_array(leaf) or is_number(leaf) else leaf
