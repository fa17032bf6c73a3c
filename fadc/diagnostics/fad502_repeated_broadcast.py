"""FAD502: fadc allows repeated-broadcast."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD502",
    name="repeated-broadcast",
    severity=Severity.WARNING,
    waivable=True,
    message="the clients have {names} already, from an earlier broadcast",
    help="give the first broadcast's result a name, and use that",
    why=(
        "A value that the clients were sent stays at the clients: a second broadcast of it "
        "costs its size once more and brings them nothing. The derivative pays again, since "
        "each broadcast is transposed by itself, into an upload of its own cotangent. Where "
        "clients keep nothing from one round to the next, sending again is intended: "
        "`# fadc: ignore[FAD502]` says so, and `--residuals rebroadcast` derives for such clients."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def client_gradient(w, x):
    return jax.grad(client_loss)(w, x)


@fed.computation
def step_and_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]]]:
    gradient = fed.mean(fed.map(client_gradient, fed.broadcast(w), x))
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w), x))
    return w - 0.1 * gradient, loss
""",
        marked="fed.broadcast(w)",
        message="the clients have `w` already, from an earlier broadcast",
        help="give the first broadcast's result a name, and use that",
        line=21,
        fixed="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def client_gradient(w, x):
    return jax.grad(client_loss)(w, x)


@fed.computation
def step_and_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]]]:
    w_at_clients = fed.broadcast(w)
    gradient = fed.mean(fed.map(client_gradient, w_at_clients, x))
    loss = fed.mean(fed.map(client_loss, w_at_clients, x))
    return w - 0.1 * gradient, loss
""",
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def client_gradient(w, x):
    return jax.grad(client_loss)(w, x)


@fed.computation
def loss_after_a_step(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    w = w - 0.1 * fed.mean(fed.map(client_gradient, fed.broadcast(w), x))
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def squared_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def absolute_loss(w, x):
    return jnp.mean(jnp.abs(x @ w))


@fed.computation
def chosen_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]], robust: bool
) -> fed.Server[Float[Array, ""]]:
    if robust:
        losses = fed.map(absolute_loss, fed.broadcast(w), x)
    else:
        losses = fed.map(squared_loss, fed.broadcast(w), x)
    return fed.mean(losses)
""",
    ),
)
