"""A data set parted among clients: padded arrays with a leading clients axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]
"""The inputs of shape (n, …) and the labels of shape (n,) of one client."""


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of all clients, each client's in front and zeros behind.

    `x` has shape (clients, n, …), float32 or int32; `y` (clients, n), int32; `count` (clients,),
    int32, the number of a client's examples.
    """

    x: np.ndarray
    y: np.ndarray
    count: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """One for an example and zero for padding, (clients, n), float32."""
        return (np.arange(self.y.shape[1]) < self.count[:, None]).astype(np.float32)

    def of(self, clients: np.ndarray) -> Examples:
        """The examples of some clients, given by their numbers."""
        return Examples(self.x[clients], self.y[clients], self.count[clients])

    def split(self, share: float) -> tuple[Examples, Examples]:
        """The examples without the last `share` of each client's, at least one, and these."""
        cuts = [int(count) - max(1, round(share * int(count))) for count in self.count]
        rows = list(zip(self.x, self.y, self.count, cuts, strict=True))
        first = padded([(x[:cut], y[:cut]) for x, y, _, cut in rows])
        return first, padded([(x[cut:count], y[cut:count]) for x, y, count, cut in rows])

    def resized(self, most: int) -> Examples:
        """At most so many examples of each client, in arrays of this length."""
        x = np.zeros((len(self.x), most, *self.x.shape[2:]), self.x.dtype)
        y = np.zeros((len(self.y), most), self.y.dtype)
        kept = min(most, self.y.shape[1])
        x[:, :kept], y[:, :kept] = self.x[:, :kept], self.y[:, :kept]
        return Examples(x, y, np.minimum(self.count, most))

    def pooled(self) -> Pair:
        """All examples, (total, …) and (total,), without padding."""
        real = self.mask.astype(bool)
        return self.x[real], self.y[real]


@dataclass(frozen=True, eq=False)
class Federated:
    """A task: every client has examples to train on and others to be evaluated on.

    `classes` is the number of labels. `names` has a name for every client.
    """

    name: str
    train: Examples
    evaluation: Examples
    classes: int
    names: tuple[str, ...]

    @property
    def clients(self) -> int:
        """The number of clients."""
        return len(self.names)

    def of(self, clients: np.ndarray) -> Federated:
        """The task of some clients, given by their numbers."""
        names = tuple(self.names[client] for client in clients)
        return Federated(
            self.name, self.train.of(clients), self.evaluation.of(clients), self.classes, names
        )


def federated(
    name: str, clients: Sequence[Pair], classes: int, names: Sequence[str], held_out: float = 0.2
) -> Federated:
    """A task from each client's examples; the last `held_out` share of them is for evaluation."""
    cuts = [len(y) - max(1, round(held_out * len(y))) for _, y in clients]
    train = [(x[:cut], y[:cut]) for (x, y), cut in zip(clients, cuts, strict=True)]
    evaluation = [(x[cut:], y[cut:]) for (x, y), cut in zip(clients, cuts, strict=True)]
    return Federated(name, padded(train), padded(evaluation), classes, tuple(names))


def padded(clients: Sequence[Pair]) -> Examples:
    """The examples of all clients in arrays of the length of the longest."""
    count = np.array([len(y) for _, y in clients], np.int32)
    first = clients[0][0]
    dtype = np.int32 if np.issubdtype(first.dtype, np.integer) else np.float32
    x = np.zeros((len(clients), count.max(), *first.shape[1:]), dtype)
    y = np.zeros((len(clients), count.max()), np.int32)
    for client, (inputs, labels) in enumerate(clients):
        x[client, : len(labels)] = inputs
        y[client, : len(labels)] = labels
    return Examples(x, y, count)
