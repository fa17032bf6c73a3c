"""The devices of a mesh, and the clients of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec


@dataclass(frozen=True)
class Devices:
    """A mesh, and the axes along which clients are spread."""

    mesh: Mesh
    axes: tuple[str, ...]

    @property
    def grid(self) -> np.ndarray[Any, Any]:
        """The devices, one row for each set of devices with the same clients."""
        numbers = [self.mesh.axis_names.index(name) for name in self.axes]
        moved = np.moveaxis(self.mesh.devices, numbers, range(len(numbers)))
        return moved.reshape(self.count, -1)

    @property
    def count(self) -> int:
        """The number of rows of the grid: of devices with different clients."""
        return math.prod(self.mesh.shape[name] for name in self.axes)

    @property
    def all(self) -> list[Any]:
        """All devices, in the order of the mesh."""
        return list(self.mesh.devices.flat)

    @property
    def processes(self) -> int:
        """The number of processes that the devices belong to."""
        return len({device.process_index for device in self.all})

    @property
    def positions_here(self) -> list[int]:
        """The rows of the grid in which this process has a device."""
        here = jax.process_index()
        rows = enumerate(self.grid)
        return [k for k, row in rows if any(each.process_index == here for each in row)]

    def check_processes(self) -> None:
        """Raise ValueError if this process has no devices, or shares a row of the grid."""
        if not self.positions_here:
            raise ValueError("no device of the engine's mesh is in this process: it has no clients")
        if any(len({each.process_index for each in row}) > 1 for row in self.grid):
            raise ValueError(
                "the devices of one client are in several processes. Let the clients' axes go over "
                "the processes, and the mesh's other axes over the devices of one"
            )

    @property
    def everywhere(self) -> PartitionSpec:
        """The sharding of an array that all devices have as a whole."""
        return PartitionSpec()  # type: ignore[no-untyped-call]

    @property
    def by_client(self) -> PartitionSpec:
        """The sharding of an array of which each device has the rows of its own clients."""
        return PartitionSpec(self.axes)  # type: ignore[no-untyped-call]

    def specs(self, whole: tuple[bool, ...]) -> list[PartitionSpec]:
        """The shardings of several arrays: everywhere if an array is whole, else by client."""
        return [self.everywhere if each else self.by_client for each in whole]
