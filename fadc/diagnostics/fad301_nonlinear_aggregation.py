"""FAD301: fadc allows nonlinear-aggregation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD301",
    name="nonlinear-aggregation",
    severity=Severity.ERROR,
    message="`{function}` over client values is not a linear aggregation",
    help=(
        "aggregate with `fed.sum` or `fed.mean`, and take `{function}` inside `fed.map` "
        "or at the server"
    ),
    why=(
        "The transpose of a linear aggregation is a broadcast: every client gets the same "
        "cotangent. With a maximum, a median or a sort, the derivative would have to know "
        "which client the result came from, which is exactly what aggregation is meant to "
        "hide."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def worst_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return jnp.max(losses)
""",
        marked="jnp.max(losses)",
        message="`jnp.max` over client values is not a linear aggregation",
        help=(
            "aggregate with `fed.sum` or `fed.mean`, and take `jnp.max` inside `fed.map` "
            "or at the server"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def smooth_worst_loss(
    losses: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return jnp.log(fed.sum(fed.map(jnp.exp, losses)))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_of_worst(losses: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(jnp.max, losses))
""",
    ),
)
