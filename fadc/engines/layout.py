"""The distribution of a cohort's clients over a row of devices.

All devices hold the same number of rows of an array. If clients cannot be spread evenly, some rows
are padding:

    5 clients on 4 devices:    0 1 | 2 . | 3 . | 4 .

A row of padding is a copy of some client's row, so that client functions get no unintended values.
Their results for it are never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Layout:
    """The number of clients of each device, in the order of the devices."""

    counts: tuple[int, ...]

    @property
    def clients(self) -> int:
        """The number of clients."""
        return sum(self.counts)

    @property
    def each(self) -> int:
        """The number of rows of an array that one device holds."""
        return max(self.counts)

    @property
    def rows(self) -> int:
        """The number of rows of an array that all devices hold."""
        return self.each * len(self.counts)

    @property
    def is_even(self) -> bool:
        """Whether no row is padding, so that a client-placed array is simply sharded."""
        return self.rows == self.clients

    @property
    def is_client(self) -> np.ndarray[Any, Any]:
        """Whether a row of a device is a client's: booleans of shape `(devices, each)`."""
        return np.arange(self.each) < np.array(self.counts)[:, None]

    @property
    def client_of_row(self) -> np.ndarray[Any, Any]:
        """The client whose data a row of a device holds: integers of shape `(devices, each)`.

        For padding it is the device's last client, or a neighbour's if the device has none.
        """
        counts = np.array(self.counts)
        first, last = np.cumsum(counts) - counts, np.maximum(counts - 1, 0)
        rows = first[:, None] + np.minimum(np.arange(self.each), last[:, None])
        clients: np.ndarray[Any, Any] = np.clip(rows, 0, max(self.clients - 1, 0))
        return clients


def balanced(clients: int, devices: int) -> Layout:
    """The layout in which devices differ by at most one client; the first ones have more.

    >>> balanced(5, 4)
    Layout(counts=(2, 1, 1, 1))
    """
    fewest, more = divmod(clients, devices)
    return Layout(tuple(fewest + (device < more) for device in range(devices)))


def at_positions(clients: int, positions: Sequence[int], devices: int) -> tuple[int, ...]:
    """The number of clients of each device, if only the devices at `positions` have any."""
    counts = [0] * devices
    for position, count in zip(positions, balanced(clients, len(positions)).counts, strict=True):
        counts[position] = count
    return tuple(counts)
