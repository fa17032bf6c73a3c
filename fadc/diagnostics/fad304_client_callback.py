"""FAD304: fadc allows client-callback."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD304",
    name="client-callback",
    severity=Severity.ERROR,
    waivable=True,
    message=(
        "`{callee}` in `{function}` hands a client's values to code that passes them on unseen"
    ),
    help="return the value from `fed.map` and aggregate it, or do the work with JAX",
    why=(
        "A callback gives what a client holds to Python code outside the program, which "
        "may keep it, print it or send it anywhere, past every primitive, mechanism and "
        "policy. `jax.debug.print` only shows it to whoever runs the client, and is a "
        "warning."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    loss = jnp.mean((x @ w - y) ** 2)
    jax.debug.callback(record, loss)
    return loss


def record(loss):
    print(loss)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="jax.debug.callback(record, loss)",
        message=(
            "`jax.debug.callback` in `client_loss` hands a client's values to code that "
            "passes them on unseen"
        ),
        help="return the value from `fed.map` and aggregate it, or do the work with JAX",
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


def report(w, x, y):
    loss = mean_loss(w, x, y)
    jax.debug.callback(print, loss)
    return loss


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
