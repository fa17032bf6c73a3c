"""FAD415: fadc allows singular-derivative."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD415",
    name="singular-derivative",
    severity=Severity.NOTE,
    waivable=True,
    message="the derivative of `{expression}` is not finite where `{operand}` is zero",
    help=("keep away from zero, as in `jnp.sqrt(v + 1e-12)` or `jnp.where(v > 0, v, 1.0)` inside"),
    why=(
        "A root, a norm and a division by what can be zero have an infinite or "
        "undefined derivative there, even where their value is fine, and one such client "
        "makes the whole aggregate NaN. `jnp.where` around the function does not help, "
        "since the derivative of the branch that is not taken is computed, too."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.sqrt(jnp.mean((x @ w - y) ** 2))


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="jnp.sqrt(jnp.mean((x @ w - y) ** 2))",
        message=(
            "the derivative of `jnp.sqrt(jnp.mean((x @ w - y) ** 2))` is not finite where "
            "`jnp.mean((x @ w - y) ** 2)` is zero"
        ),
        help=(
            "keep away from zero, as in `jnp.sqrt(v + 1e-12)` or `jnp.where(v > 0, v, 1.0)` inside"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    squares = jnp.mean((x @ w - y) ** 2)
    safe = jnp.where(squares > 0, squares, 1.0)
    return jnp.sqrt(squares + 1e-6) + jnp.sqrt(safe) + jnp.sqrt(x.shape[0])


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    scale = jnp.linalg.norm(x) + jnp.sqrt(jnp.maximum(jnp.sum(w**2), 1e-6))
    return jnp.mean((x @ w / scale - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
    ),
)
