"""FAD109: fadc allows misplaced-return."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD109",
    name="misplaced-return",
    severity=Severity.ERROR,
    message="`return` {problem}",
    help="end the computation with one `return` of its result",
    why=(
        "The reverse sweep starts where the primal ends. With exactly one `return`, as "
        "the last statement and with a value, that place and the cotangent that enters "
        "there are unmistakable."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]], gradient: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    w_next = w - 0.1 * fed.mean(gradient)
    return w_next
    w_next = w_next + w
""",
        marked="return w_next",
        message="`return` is not the last statement",
        help="end the computation with one `return` of its result",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]], gradient: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    w_next = w - 0.1 * fed.mean(gradient)
    return w_next
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def clip(v, clipped):
    if not clipped:
        return v
    return jnp.clip(v, -1.0, 1.0)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]], gradient: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return w - 0.1 * clip(fed.mean(gradient), True)
""",
    ),
)
