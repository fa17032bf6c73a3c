"""FAD302: fadc allows ambiguous-mechanism."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD302",
    name="ambiguous-mechanism",
    severity=Severity.ERROR,
    message=(
        "the broadcasts of `{computation}` have no definite transpose: it uploads through "
        "{mechanisms}"
    ),
    help="name the mechanism, as in `@fed.computation(transpose_broadcast=fed.sum)`",
    why=(
        "In reverse mode each broadcast becomes an upload of cotangents. It may pass only "
        "through a mechanism that the program itself uses, since that is what the clients "
        "have agreed to; where there are several, or none, the choice is the author's. "
        "Without a mode, `fadc check` only warns of several, since forward mode does not "
        "need to know."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return secure_sum(losses) + fed.mean(losses)
""",
        marked="mean_loss",
        message=(
            "the broadcasts of `mean_loss` have no definite transpose: it uploads through "
            "`secure_sum` and `fed.sum`"
        ),
        help="name the mechanism, as in `@fed.computation(transpose_broadcast=fed.sum)`",
        options={"mode": "reverse", "wrt": ("w",)},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation(transpose_broadcast=secure_sum)
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return secure_sum(losses) + fed.mean(losses)
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def total_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return secure_sum(losses) + secure_sum(fed.map(jnp.square, losses))
""",
    ),
)
