"""FAD209: fadc allows placed-condition."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD209",
    name="placed-condition",
    severity=Severity.ERROR,
    message="a {what} depends on a {placement} value",
    help="decide on static values only, or choose between values with `jnp.where`",
    why=(
        "Which way a branch goes and how often a loop runs shape the program: its "
        "messages and their transposes. If a placed value decided it, the derivative "
        "program could not be written before the primal has run."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def clipped_step(
    w: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
    bound: fed.Server[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    step = fed.mean(v)
    if step > bound:
        step = bound
    return w - step
""",
        marked="step > bound",
        message="a condition depends on a server value",
        help="decide on static values only, or choose between values with `jnp.where`",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def clipped_step(
    w: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
    bound: fed.Server[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    step = fed.mean(v)
    step = jnp.where(step > bound, bound, step)
    return w - step
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def clipped_step(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]], clipped: bool
) -> fed.Server[Float[Array, ""]]:
    step = fed.mean(v)
    if clipped:
        step = jnp.minimum(step, 1.0)
    return w - step
""",
    ),
)
