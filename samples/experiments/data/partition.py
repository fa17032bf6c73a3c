"""Parting a pooled data set among clients whose label distributions differ."""

import numpy as np

from samples.experiments.data.federated import Federated, federated

LEAST = 10
"""A partition in which some client has fewer examples is drawn again."""


def dirichlet(
    labels: np.ndarray, clients: int, concentration: float, random: np.random.Generator
) -> list[np.ndarray]:
    """Each client's examples, by number; the share of each label is Dirichlet over the clients.

    Yurochkin et al., Bayesian Nonparametric Federated Learning of Neural Networks, ICML 2019,
    section 4; the smaller the concentration, the more clients differ.
    """
    while True:
        parts: list[list[np.ndarray]] = [[] for _ in range(clients)]
        for label in np.unique(labels):
            examples = random.permutation(np.flatnonzero(labels == label))
            shares = random.dirichlet(np.full(clients, concentration))
            cuts = (np.cumsum(shares)[:-1] * len(examples)).astype(int)
            for part, chosen in zip(parts, np.split(examples, cuts), strict=True):
                part.append(chosen)
        found = [random.permutation(np.concatenate(part)) for part in parts]
        if min(map(len, found)) >= LEAST:
            return found


def parted(
    name: str, x: np.ndarray, y: np.ndarray, seed: int, clients: int, concentration: float
) -> Federated:
    """A pooled data set as a task, parted by `dirichlet`."""
    chosen = dirichlet(y, clients, concentration, np.random.default_rng(seed))
    pairs = [(x[part], y[part]) for part in chosen]
    names = [f"client {number}" for number in range(clients)]
    return federated(name, pairs, classes=int(y.max()) + 1, names=names)
