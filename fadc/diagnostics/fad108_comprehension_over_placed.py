"""FAD108: fadc allows comprehension-over-placed."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD108",
    name="comprehension-over-placed",
    severity=Severity.ERROR,
    message="a comprehension contains {what}",
    help="write a `for` loop over `range(…)` that appends to a list",
    why=(
        "A comprehension with a primitive in it sends a message for each element, and one "
        "over a client value would look at single clients. Written as a loop, the "
        "messages are statements whose transposes can be emitted in the opposite order."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def moments(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "k n"]]:
    sums = [fed.sum(x) for _ in range(3)]
    return jnp.stack(sums)
""",
        marked="fed.sum(x)",
        message="a comprehension contains `fed.sum`",
        help="write a `for` loop over `range(…)` that appends to a list",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def moments(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "k n"]]:
    sums = []
    for _ in range(3):
        sums.append(fed.sum(x))
    return jnp.stack(sums)
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def moments(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "k n"]]:
    mean = fed.mean(x)
    return jnp.stack([mean**power for power in range(3)])
""",
    ),
)
