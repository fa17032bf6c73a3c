"""The devices of a mesh, and which of them have clients of their own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec


@dataclass(frozen=True)
class Devices:
    """A mesh, and the axes of it that the clients are along."""

    mesh: Mesh
    axes: tuple[str, ...]

    @property
    def grid(self) -> np.ndarray[Any, Any]:
        """The devices, in rows of those that have the same clients."""
        numbers = [self.mesh.axis_names.index(name) for name in self.axes]
        moved = np.moveaxis(self.mesh.devices, numbers, range(len(numbers)))
        return moved.reshape(self.count, -1)

    @property
    def count(self) -> int:
        """How many devices have clients of their own."""
        return math.prod(self.mesh.shape[name] for name in self.axes)

    @property
    def all(self) -> list[Any]:
        """All devices, in the order of the mesh."""
        return list(self.mesh.devices.flat)

    @property
    def processes(self) -> int:
        """How many processes the devices belong to."""
        return len({device.process_index for device in self.all})

    @property
    def positions_here(self) -> list[int]:
        """Which rows of the grid this process has a device in."""
        here = jax.process_index()
        rows = enumerate(self.grid)
        return [k for k, row in rows if any(each.process_index == here for each in row)]

    def check_processes(self) -> None:
        """Raise ValueError where this process has no clients, or not its clients alone."""
        if not self.positions_here:
            raise ValueError("no device of the engine's mesh is in this process: it has no clients")
        if any(len({each.process_index for each in row}) > 1 for row in self.grid):
            raise ValueError(
                "the devices of one client are in several processes. Let the clients' axes go over "
                "the processes, and the mesh's other axes over the devices of one"
            )

    @property
    def everywhere(self) -> PartitionSpec:
        """All devices have the whole array."""
        return PartitionSpec()  # type: ignore[no-untyped-call]

    @property
    def by_client(self) -> PartitionSpec:
        """Each device has the rows of its own clients."""
        return PartitionSpec(self.axes)  # type: ignore[no-untyped-call]

    def specs(self, whole: tuple[bool, ...]) -> list[PartitionSpec]:
        """Where each of several arrays is: everywhere if it is whole, and else by client."""
        return [self.everywhere if each else self.by_client for each in whole]
