"""Data sets that come inside packages, parted among clients. See `federated.Federated`."""

from samples.experiments.data.digits import digits
from samples.experiments.data.federated import Examples, Federated
from samples.experiments.data.mnist import mnist
from samples.experiments.data.shakespeare import shakespeare
from samples.experiments.data.synthetic import synthetic

__all__ = ["Examples", "Federated", "digits", "mnist", "shakespeare", "synthetic"]
