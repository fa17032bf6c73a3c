"""FAD303: fadc allows hidden-collective."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD303",
    name="hidden-collective",
    severity=Severity.ERROR,
    waivable=True,
    message="`{callee}` in `{function}` lets clients see each other's values",
    help="return the value from `fed.map` and aggregate it with `fed.sum` or `fed.mean`",
    why=(
        "A collective inside a mapped function is a message from client to client that "
        "passes no primitive and no upload mechanism: it is in no count of traffic, no "
        "policy sees it, and a run on real clients has no such axis at all. An axis that the "
        "module itself names, in `jax.vmap(…, axis_name=…)` within one client, is allowed."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    loss = jnp.mean((x @ w - y) ** 2)
    return loss - jax.lax.pmean(loss, "clients")


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked='jax.lax.pmean(loss, "clients")',
        message="`jax.lax.pmean` in `client_loss` lets clients see each other's values",
        help=("return the value from `fed.map` and aggregate it with `fed.sum` or `fed.mean`"),
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def example_loss(w, x, y):
    error = x @ w - y
    return (error - jax.lax.pmean(error, "examples")) ** 2


def client_loss(w, x, y):
    losses = jax.vmap(example_loss, in_axes=(None, 0, 0), axis_name="examples")(w, x, y)
    return jnp.mean(losses)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
    ),
)
