"""The primitives: the only way in which values move between the server and the clients.

All take and return pytrees. `docs/language.md` tabulates their derivatives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fadc.engines import current_engine
from fadc.language import cohort
from fadc.language.local import divide, scale


def broadcast(value: Any) -> Any:
    """Send a server value to every client: Server → Clients."""
    n = cohort.size_for("fed.broadcast")
    return current_engine().broadcast(value, n)


def map(function: Callable[..., Any], /, *args: Any, **static: Any) -> Any:
    """Call `function` at every client: Clients… → Clients.

    Each call gets one client's part of `args`. `static` and leaves of `args` that are not arrays
    (numbers, strings, functions, …) are known to everyone and passed as they are.
    """
    n = cohort.size_for("fed.map")
    with cohort.mapping():
        return current_engine().map(function, args, static, n)


def sum(value: Any) -> Any:
    """Sum a client value over the clients, leaf by leaf: Clients → Server. Keeps dtypes."""
    return _aggregate(value, "sum", "sum")


def mean(value: Any) -> Any:
    """Average a client value over the clients, leaf by leaf: Clients → Server."""
    return _aggregate(value, "mean", "mean")


def weighted_mean(value: Any, weights: Any, aggregator: Callable[[Any], Any] = sum) -> Any:
    """`aggregator(weights * value) / aggregator(weights)`, leaf by leaf: Clients → Server.

    `weights` is one number per client, shape `(n,)`. The result is NaN where all are zero. Both
    aggregates are sent in one upload.
    """
    total, total_weight = aggregator((map(scale, weights, value), weights))
    return divide(total, total_weight)


def num_clients() -> int:
    """The size of the cohort, a constant that the server knows."""
    return cohort.size_for("fed.num_clients")


@dataclass(frozen=True, slots=True)
class DeclaredAggregator:
    """A separate upload mechanism, declared to compute what `like` computes.

    Calling it aggregates a client value, leaf by leaf: Clients → Server.
    """

    name: str
    like: str

    def __call__(self, value: Any) -> Any:
        """Aggregate `value` through this mechanism."""
        return _aggregate(value, self.like, self.name)


def aggregator(name: str, *, like: Callable[[Any], Any]) -> DeclaredAggregator:
    """Declare the upload mechanism `name`, which computes what `fed.sum` or `fed.mean` computes.

    Raises TypeError where `like` is neither: the derivative of anything else is not known.
    """
    return DeclaredAggregator(name, like_of(like, "like"))


def like_of(aggregate: Any, parameter: str) -> str:
    """`"sum"` or `"mean"` for the primitive of that name. Raises TypeError for anything else."""
    if aggregate is sum or aggregate is mean:
        return "sum" if aggregate is sum else "mean"
    raise TypeError(f"{parameter} must be fed.sum or fed.mean, not {aggregate!r}")


def _aggregate(value: Any, like: str, name: str) -> Any:
    n = cohort.size_for(f"fed.{name}" if name == like else name)
    return current_engine().aggregate(value, like, name, n)
