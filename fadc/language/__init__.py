"""The federated language at run time: what a program uses through `import fadc as fed`.

`docs/language.md` defines it. Nothing here uses the compiler, and the compiler uses only the names
of what is here.
"""

from fadc.language.computation import computation
from fadc.language.jacobians import contract, gradient, jacobian, scale_gradient
from fadc.language.local import (
    add,
    basis,
    cast_like,
    divide,
    pull,
    push,
    scale,
    vdot,
    zeros_along,
    zeros_like,
)
from fadc.language.placements import Clients, Server
from fadc.language.primitives import (
    DeclaredAggregator,
    aggregator,
    broadcast,
    map,
    mean,
    num_clients,
    sum,
    weighted_mean,
)

__all__ = [
    "Clients",
    "DeclaredAggregator",
    "Server",
    "add",
    "aggregator",
    "basis",
    "broadcast",
    "cast_like",
    "computation",
    "contract",
    "divide",
    "gradient",
    "jacobian",
    "map",
    "mean",
    "num_clients",
    "pull",
    "push",
    "scale",
    "scale_gradient",
    "sum",
    "vdot",
    "weighted_mean",
    "zeros_along",
    "zeros_like",
]
