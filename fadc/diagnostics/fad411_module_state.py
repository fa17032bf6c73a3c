"""FAD411: fadc allows module-state."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD411",
    name="module-state",
    severity=Severity.ERROR,
    waivable=True,
    message="`{function}` changes `{name}`, which is state of the module",
    help=(
        "return the value as a result of `{function}`, and keep state as a server or client value"
    ),
    why=(
        "A local function is traced once and then run many times without Python, and once "
        "more for its derivative. What it leaves in a global is a tracer, which no later "
        "code can use, and what a real client leaves there would never come back at all."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

history = []


def client_loss(w, x, y):
    loss = jnp.mean((x @ w - y) ** 2)
    history.append(loss)
    return loss


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="history.append(loss)",
        message="`client_loss` changes `history`, which is state of the module",
        help=(
            "return the value as a result of `client_loss`, and keep state as a server or "
            "client value"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

SCALES = [1.0, 2.0]
calls = 0


def count():
    global calls
    calls += 1


def client_loss(w, x, y):
    history = []
    for scale in SCALES:
        history.append(scale * jnp.mean((x @ w - y) ** 2))
    return sum(history)


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
