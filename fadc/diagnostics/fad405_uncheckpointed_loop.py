"""FAD405: fadc allows uncheckpointed-loop."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD405",
    name="uncheckpointed-loop",
    severity=Severity.WARNING,
    waivable=True,
    message="`--checkpoint` cannot split this loop: {reason}",
    help=(
        "leave it as it is and its residuals are stored, or rewrite it as a loop over `range(…)`"
    ),
    why=(
        "A checkpointed loop runs its iterations again from a stored carried value, in "
        "blocks of K. That needs a range that can be cut into blocks; a loop that cannot "
        "be cut keeps the residuals of all its iterations, as without `--checkpoint`."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def damped(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    sums = []
    for _ in range(8):
        sums.append(fed.sum(v))
    for total in sums:
        w = w - jnp.sin(w) * total
    return w
""",
        marked="for total in sums",
        message="`--checkpoint` cannot split this loop: it iterates over a tape",
        help=(
            "leave it as it is and its residuals are stored, or rewrite it as a loop over "
            "`range(…)`"
        ),
        options={"mode": "reverse", "wrt": ("w",), "checkpoint": 4},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def damped(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    for _ in range(8):
        w = w - jnp.sin(w) * fed.sum(v)
    return w
""",
    ),
)
