"""FAD212: fadc allows captured-cohort-size."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD212",
    name="captured-cohort-size",
    severity=Severity.ERROR,
    message="`fed.num_clients()` is used in {where}",
    help="use it in server expressions only; broadcast it to have it at the clients",
    why=(
        "The size of the cohort is known when a round runs, not when the program is "
        "written, and only at the server. A loop or a branch on it would make the number "
        "of messages depend on who takes part, and a mapped function does not know of "
        "other clients."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def repeated_mean(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total = jnp.zeros(())
    for _ in range(fed.num_clients()):
        total = total + fed.mean(v)
    return total
""",
        marked="fed.num_clients()",
        message="`fed.num_clients()` is used in a range",
        help="use it in server expressions only; broadcast it to have it at the clients",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def repeated_mean(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.num_clients() * fed.mean(v)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def shares(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    count = fed.broadcast(1.0 * fed.num_clients())
    return fed.sum(fed.map(lambda v, count: v / count, v, count))
""",
    ),
)
