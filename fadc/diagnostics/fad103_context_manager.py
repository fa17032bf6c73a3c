"""FAD103: fadc allows context-manager."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD103",
    name="context-manager",
    severity=Severity.ERROR,
    message="a `with` block in a computation acts on more than its values",
    help="enter the context around the call of the computation",
    why=(
        "A context manager changes the world outside the values: a precision setting, a "
        "device, a lock. A derivative program is a program of values only and would "
        "silently run outside the context."
    ),
    bad=Example(
        source="""\
import jax
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    with jax.default_matmul_precision("float32"):
        w = w - 0.1 * gradient
    return w
""",
        marked='with jax.default_matmul_precision("float32")',
        message="a `with` block in a computation acts on more than its values",
        help="enter the context around the call of the computation",
    ),
    near_misses=(
        """\
import jax
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    with jax.default_matmul_precision("float32"):
        return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    return w - 0.1 * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
""",
    ),
)
