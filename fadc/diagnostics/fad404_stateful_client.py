"""FAD404: fadc allows stateful-client."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD404",
    name="stateful-client",
    severity=Severity.ERROR,
    message="client value `{name}` is state that stateless clients cannot rebuild",
    help="use `--residuals store` or `--residuals recompute`",
    why=(
        "With `--residuals rebroadcast` no client value lives across rounds: the server "
        "sends again what a pullback needs, and the clients replay it from their own "
        "data. A value that the clients carry from one round to the next is known to "
        "nobody else, so it cannot be sent again."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_step(state, w, x):
    return 0.9 * state + x * jnp.sin(w * state)


@fed.computation
def train(
    w: fed.Server[Float[Array, ""]],
    state: fed.Clients[Float[Array, ""]],
    x: fed.Clients[Float[Array, ""]],
    rounds: int,
) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        state = fed.map(client_step, state, fed.broadcast(w), x)
        w = w - fed.mean(state)
    return w
""",
        marked="state",
        message="client value `state` is state that stateless clients cannot rebuild",
        help="use `--residuals store` or `--residuals recompute`",
        line=19,
        options={"mode": "reverse", "wrt": ("w",), "residuals": "rebroadcast"},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, x):
    return x * jnp.sin(w)


@fed.computation
def train(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]], rounds: int
) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        w = w - fed.mean(fed.map(client_step, fed.broadcast(w), x))
    return w
""",
    ),
)
