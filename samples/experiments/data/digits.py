"""The 1,797 handwritten digits of scikit-learn (UCI, 8×8 pixels), parted by a Dirichlet."""

import numpy as np

from samples.experiments.data.federated import Federated
from samples.experiments.data.partition import parted


def digits(seed: int, clients: int = 40, concentration: float = 0.3) -> Federated:
    """Inputs are 64 pixels in [0, 1], labels 10 classes."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    return parted("digits", x, y.astype(np.int32), seed, clients, concentration)
