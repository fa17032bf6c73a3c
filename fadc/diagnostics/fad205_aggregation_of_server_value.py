"""FAD205: fadc allows aggregation-of-server-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD205",
    name="aggregation-of-server-value",
    severity=Severity.ERROR,
    message="`{primitive}` is given {placement} value `{name}`, which is a single value already",
    help="use `{name}` as it is, or give `{primitive}` a client value",
    why=(
        "An aggregator combines one value of each client. A server value is one value; "
        "run on the embedded engine, the aggregator would reduce over the first axis of "
        "that value as if it were the clients' axis, and the result would be wrong "
        "without an error."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    losses: fed.Clients[Float[Array, ""]], scale: fed.Server[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(losses)
    return scale * fed.mean(total)
""",
        marked="total",
        message="`fed.mean` is given server value `total`, which is a single value already",
        help="use `total` as it is, or give `fed.mean` a client value",
        line=11,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    losses: fed.Clients[Float[Array, ""]], scale: fed.Server[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(losses)
    return scale * total / fed.num_clients()
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def server_mean(v: fed.Server[Float[Array, "d"]]) -> fed.Server[Float[Array, ""]]:
    return jnp.mean(v) + 0.0 * fed.mean(fed.broadcast(v))[0]
""",
    ),
)
