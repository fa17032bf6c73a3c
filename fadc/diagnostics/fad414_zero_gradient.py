"""FAD414: fadc allows zero-gradient."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD414",
    name="zero-gradient",
    severity=Severity.WARNING,
    waivable=True,
    message=(
        "the derivative of {function} is zero, and it stands between the inputs and the result"
    ),
    help=(
        "use a differentiable function, or a straight-through estimator: `x + "
        "jax.lax.stop_gradient(f(x) - x)`"
    ),
    why=(
        "Rounding, choosing the largest and casting to integers are constant almost "
        "everywhere, so no derivative passes through them: training that depends on one "
        "makes no progress, without an error. `jax.lax.stop_gradient` does so on purpose and "
        "is reported only if no other part of an input's derivative is left."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.round(x @ w) - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="jnp.round(x @ w)",
        message=(
            "the derivative of `jnp.round` is zero, and it stands between the inputs and the result"
        ),
        help=(
            "use a differentiable function, or a straight-through estimator: `x + "
            "jax.lax.stop_gradient(f(x) - x)`"
        ),
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    output = x @ w
    rounded = output + jax.lax.stop_gradient(jnp.round(output) - output)
    return jnp.mean((rounded - jnp.round(y)) ** 2)


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
from jaxtyping import Array, Float, Int

import fadc as fed


def client_metrics(w, x, y):
    logits = x @ w
    loss = -jnp.mean(jnp.take_along_axis(logits, y[:, None], axis=1))
    accuracy = jnp.mean(jnp.argmax(logits, axis=1) == y)
    return loss, accuracy


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d k"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Int[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, ""]]]:
    loss, accuracy = fed.mean(fed.map(client_metrics, fed.broadcast(w), x, y))
    return loss, accuracy
""",
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    scale = jax.lax.stop_gradient(jnp.max(jnp.abs(w)))
    return jnp.mean((x @ (w / (1.0 + scale)) - y) ** 2)


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
