"""Where the clients of a cohort are on a row of devices.

Every device holds as many rows of an array as every other one. Where clients do not come out even, some
rows are padding:

    5 clients on 4 devices:    0 1 | 2 . | 3 . | 4 .

A row of padding is a copy of some client's row, so that client functions meet no values that nobody meant.
What they make of it is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Layout:
    """How many clients each device has, in the order of the devices."""

    counts: tuple[int, ...]

    @property
    def clients(self) -> int:
        """The number of clients."""
        return sum(self.counts)

    @property
    def each(self) -> int:
        """How many rows of an array one device holds."""
        return max(self.counts)

    @property
    def rows(self) -> int:
        """How many rows of an array all devices hold."""
        return self.each * len(self.counts)

    @property
    def is_even(self) -> bool:
        """Whether no row is padding: an array at the clients is then simply sharded."""
        return self.rows == self.clients

    @property
    def is_client(self) -> np.ndarray[Any, Any]:
        """Whether a row of a device is a client's: booleans of shape `(devices, each)`."""
        return np.arange(self.each) < np.array(self.counts)[:, None]

    @property
    def client_of_row(self) -> np.ndarray[Any, Any]:
        """Which client's data a row of a device holds: integers of shape `(devices, each)`.

        Padding has those of the device's last client, or of a neighbour where the device has none.
        """
        counts = np.array(self.counts)
        first, last = np.cumsum(counts) - counts, np.maximum(counts - 1, 0)
        rows = first[:, None] + np.minimum(np.arange(self.each), last[:, None])
        clients: np.ndarray[Any, Any] = np.clip(rows, 0, max(self.clients - 1, 0))
        return clients


def balanced(clients: int, devices: int) -> Layout:
    """The layout in which no device has two clients more than another; the first ones have more.

    >>> balanced(5, 4)
    Layout(counts=(2, 1, 1, 1))
    """
    fewest, more = divmod(clients, devices)
    return Layout(tuple(fewest + (device < more) for device in range(devices)))


def at_positions(clients: int, positions: Sequence[int], devices: int) -> tuple[int, ...]:
    """How many of some clients each device has, if only the devices at `positions` have any."""
    counts = [0] * devices
    for position, count in zip(positions, balanced(clients, len(positions)).counts, strict=True):
        counts[position] = count
    return tuple(counts)
