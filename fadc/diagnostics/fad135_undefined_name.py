"""FAD135: fadc allows undefined-name."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD135",
    name="undefined-name",
    severity=Severity.ERROR,
    waivable=True,
    message="`{name}` is not defined",
    help="{cure}",
    why=(
        "Neither the program nor Python binds the name, so the program stops with a "
        "NameError when it reaches the name, and so would the derivative. fadc checks the "
        "code that an import of the module runs, the computations, and the functions that "
        "these lead to."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    weights: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(weigths), x, y)
    return weights - 0.1 * fed.mean(gradient)
""",
        marked="weigths",
        message="`weigths` is not defined",
        help="write `weights`, if that is meant",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed

try:
    import optax
except ImportError:
    from jax.example_libraries import optimizers as optax


def client_gradient(w, x, y):
    return scale * x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return optax.apply_updates(w, -0.1 * fed.mean(gradient))


scale = 2.0
""",
        """\
from jaxtyping import Array, Float

import fadc as fed
from jax.numpy import *


@fed.computation
def mean_root(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return sqrt(fed.mean(v))
""",
    ),
)
