"""FAD102: fadc allows exception-handling."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD102",
    name="exception-handling",
    severity=Severity.ERROR,
    message="`{statement}` in a computation makes its course depend on values",
    help=(
        "check the inputs before the computation is called, or choose between values with "
        "`jnp.where`"
    ),
    why=(
        "Whether `try`, `raise` or `assert` takes effect is decided by values while the "
        "program runs. Under `jax.jit` and at remote clients those values do not exist "
        "yet, and the derivative program has no statement that would undo an exception."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
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
    assert jnp.all(jnp.isfinite(gradient))
    return w - 0.1 * gradient
""",
        marked="assert jnp.all(jnp.isfinite(gradient))",
        message="`assert` in a computation makes its course depend on values",
        help=(
            "check the inputs before the computation is called, or choose between values "
            "with `jnp.where`"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
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
    return w - 0.1 * jnp.where(jnp.isfinite(gradient), gradient, 0.0)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    assert x.shape[0] == y.shape[0]
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w - 0.1 * gradient
""",
    ),
)
