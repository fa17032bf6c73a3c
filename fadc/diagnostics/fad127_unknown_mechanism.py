"""FAD127: fadc allows unknown-mechanism."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD127",
    name="unknown-mechanism",
    severity=Severity.ERROR,
    message="`{name}` is not an upload mechanism",
    help="name `fed.sum`, `fed.mean` or an aggregator declared with `fed.aggregator(…)`",
    why=(
        "`transpose_broadcast=` says through which mechanism the derivative's cotangents "
        "go up. Only a mechanism that fadc knows to be linear can be the transpose of a "
        "broadcast."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def shuffled_sum(v):
    return jnp.sum(v, axis=0)


@fed.computation(transpose_broadcast=shuffled_sum)
def total(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.map(jnp.multiply, fed.broadcast(w), v))
""",
        marked="shuffled_sum",
        message="`shuffled_sum` is not an upload mechanism",
        help=("name `fed.sum`, `fed.mean` or an aggregator declared with `fed.aggregator(…)`"),
        line=11,
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


@fed.computation(transpose_broadcast=secure_sum)
def total(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.map(jnp.multiply, fed.broadcast(w), v))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation(transpose_broadcast=fed.sum)
def total(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.map(jnp.multiply, fed.broadcast(w), v))
""",
    ),
)
