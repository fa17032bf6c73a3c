"""FAD408: fadc allows branch-on-traced-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD408",
    name="branch-on-traced-value",
    severity=Severity.ERROR,
    waivable=True,
    message=("{what} decides on `{value}`, whose value is not known while JAX traces `{function}`"),
    help=(
        "choose with `jnp.where` or `jax.lax.cond`, or give a static value to `fed.map` by keyword"
    ),
    why=(
        "JAX traces a mapped function once for all clients, so there is no one value to "
        "decide on, and Python raises an error. At the server there is one, unless the "
        "caller uses `jax.jit`; the derivative is then that of the branch which was "
        "taken, and says nothing of the other."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    error = jnp.mean((x @ w - y) ** 2)
    if error > 1.0:
        return jnp.sqrt(error + 1e-6)
    return error


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="error > 1.0",
        message=(
            "an `if` decides on `error > 1.0`, whose value is not known while JAX traces "
            "`client_loss`"
        ),
        help=(
            "choose with `jnp.where` or `jax.lax.cond`, or give a static value to "
            "`fed.map` by keyword"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y, weights=None):
    errors = (x @ w - y) ** 2
    if weights is not None:
        errors = errors * weights
    if x.shape[0] > 1 and x.ndim == 2:
        errors = errors / x.shape[0]
    return jnp.sum(jnp.where(errors > 1.0, 1.0, errors))


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, robust):
    error = jnp.mean((x @ w) ** 2)
    if robust:
        return jnp.sqrt(1.0 + error)
    return error


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]], robust: bool
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, robust=robust))
""",
    ),
)
