"""FAD406: fadc allows name-taken."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD406",
    name="name-taken",
    severity=Severity.ERROR,
    message="the derivative is to be called `{name}`, but the module has that name already",
    help="rename `{name}` in this module",
    why=(
        "The emitted module holds the source's definitions beside the derivative. Under a "
        "taken name one would silently replace the other."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(jnp.multiply, fed.broadcast(w), v))


def mean_loss_vjp(w, v):
    return jax.vjp(mean_loss, w, v)
""",
        marked="mean_loss_vjp",
        message=(
            "the derivative is to be called `mean_loss_vjp`, but the module has that name already"
        ),
        help="rename `mean_loss_vjp` in this module",
        options={"mode": "reverse", "wrt": ("w",)},
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(jnp.multiply, fed.broadcast(w), v))


def mean_loss_by_jax(w, v):
    return jax.vjp(mean_loss, w, v)
""",
    ),
)
