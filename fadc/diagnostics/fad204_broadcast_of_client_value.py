"""FAD204: fadc allows broadcast-of-client-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD204",
    name="broadcast-of-client-value",
    severity=Severity.ERROR,
    message="client value `{name}` is broadcast, but only the server broadcasts",
    help="use `{name}` as it is: it is at the clients already",
    why=(
        "A broadcast sends one server value to all clients. A client value is different "
        "at each client and already there; sending it from client to client would be "
        "another kind of message, which the language does not have."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), fed.broadcast(x))
    return fed.mean(losses)
""",
        marked="x",
        message="client value `x` is broadcast, but only the server broadcasts",
        help="use `x` as it is: it is at the clients already",
        line=15,
        fixed="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return fed.mean(losses)
""",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return fed.mean(losses)
""",
    ),
)
