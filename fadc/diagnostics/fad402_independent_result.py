"""FAD402: fadc allows independent-result."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD402",
    name="independent-result",
    severity=Severity.WARNING,
    waivable=True,
    message="the result does not depend on `{name}`, so its derivative is zero",
    help="leave `{name}` out of `--wrt`",
    why=(
        "The derivative is right and zero everywhere. That is rarely what was meant: an "
        "input may have been forgotten, or its value replaced on the way."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]],
    lr: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(jnp.multiply, fed.broadcast(w), v))
""",
        marked="lr",
        message="the result does not depend on `lr`, so its derivative is zero",
        help="leave `lr` out of `--wrt`",
        options={"mode": "reverse", "wrt": ("w", "lr")},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]],
    lr: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return lr * fed.mean(fed.map(jnp.multiply, fed.broadcast(w), v))
""",
    ),
)
