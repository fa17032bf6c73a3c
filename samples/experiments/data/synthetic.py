"""Synthetic(α, β): logistic models and inputs that differ from client to client.

Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith, Federated Optimization in Heterogeneous Networks
(FedProx), MLSys 2020, section 5.1; there, and in its code, α and β are used as standard deviations.
"""

import numpy as np

from samples.experiments.data.federated import Federated, Pair, federated

DIMENSIONS, CLASSES = 60, 10

MOST = 600
"""No client has more examples, so that padded arrays stay small; FedProx has no such limit."""


def synthetic(seed: int, alpha: float = 0.0, beta: float = 0.0, clients: int = 30) -> Federated:
    """Inputs have 60 dimensions, labels 10 classes; α parts the models, β the inputs."""
    random = np.random.default_rng(seed)
    counts = np.minimum(random.lognormal(4, 2, clients).astype(int) + 50, MOST)
    pairs = [_client(random, count, alpha, beta) for count in counts]
    names = [f"client {number}" for number in range(clients)]
    return federated(f"synthetic({alpha:g}, {beta:g})", pairs, CLASSES, names)


def _client(random: np.random.Generator, count: int, alpha: float, beta: float) -> Pair:
    """One client's examples: y = argmax(W x + b), with W, b ~ N(u, 1) and x ~ N(v, Σ)."""
    model_mean = random.normal(0, alpha)
    weights = random.normal(model_mean, 1, (DIMENSIONS, CLASSES))
    bias = random.normal(model_mean, 1, CLASSES)
    input_mean = random.normal(random.normal(0, beta), 1, DIMENSIONS)
    deviations = np.arange(1, DIMENSIONS + 1) ** -0.6  # Σ is diagonal, with j^-1.2 at j.
    x = random.normal(input_mean, deviations, (count, DIMENSIONS))
    return x.astype(np.float32), np.argmax(x @ weights + bias, axis=1).astype(np.int32)
