"""FAD206: fadc allows mixed-display."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD206",
    name="mixed-display",
    severity=Severity.ERROR,
    message="{what} mixes server value `{server}` with client value `{clients}`",
    help=("broadcast `{server}` or aggregate `{clients}`, so that all parts have one placement"),
    why=(
        "A tuple, list or dict that is used as one value is at one place. A primitive or "
        "function that takes one with parts from both would move it as a whole, and part of "
        "it would cross unseen."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(batch):
    w, x = batch
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, (w, x))
    return fed.mean(losses)
""",
        marked="(w, x)",
        message="this display mixes server value `w` with client value `x`",
        help="broadcast `w` or aggregate `x`, so that all parts have one placement",
        line=16,
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(batch):
    w, x = batch
    return jnp.mean((x @ w) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(client_loss, (fed.broadcast(w), x))
    return fed.mean(losses)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def both(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]]:
    return w + fed.mean(x), x
""",
    ),
)
