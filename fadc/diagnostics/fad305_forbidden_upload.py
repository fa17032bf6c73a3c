"""FAD305: fadc allows forbidden-upload."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD305",
    name="forbidden-upload",
    severity=Severity.ERROR,
    waivable=True,
    message="this uploads through {mechanisms}, but the project allows {allowed}",
    help="upload through a mechanism that `mechanisms` of [tool.fadc] lists",
    why=(
        "What clients have agreed to is the mechanism that their values pass on the way up: "
        "under secure aggregation the server learns their sum and nothing else (Bonawitz et "
        "al., CCS 2017). A project lists the mechanisms that it may use, and one upload past "
        "them would give away what all the others protect. `fed.sum`, `fed.mean` and "
        "`fed.weighted_mean` are plain aggregation, which the list calls `sum`; a declared "
        "aggregator is listed by the name in its declaration, even if it is imported under "
        "another one."
    ),
    bad=Example(
        source="""\
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
    weights = fed.map(lambda x: 1.0 * x.shape[0], x)
    weighted = fed.map(jnp.multiply, weights, losses)
    return secure_sum(weighted) / fed.sum(weights)
""",
        marked="fed.sum(weights)",
        message=(
            "this uploads through plain aggregation, but the project allows only `secure_sum`"
        ),
        help="upload through a mechanism that `mechanisms` of [tool.fadc] lists",
        settings={"mechanisms": ("secure_sum",)},
    ),
    near_misses=(
        """\
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
    weights = fed.map(lambda x: 1.0 * x.shape[0], x)
    return fed.weighted_mean(losses, weights, aggregator=secure_sum)
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

total = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    return total(fed.map(client_loss, fed.broadcast(w), x)) / fed.num_clients()
""",
    ),
)
