"""FAD501: fadc allows loop-invariant-broadcast."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD501",
    name="loop-invariant-broadcast",
    severity=Severity.WARNING,
    waivable=True,
    message="each iteration of the loop broadcasts {names} again, which it does not change",
    help="broadcast {names} once, before the loop",
    why=(
        "The clients of a program are the same in every round and may keep what they got, so "
        "a loop that broadcasts a value from outside pays for its size in every round and "
        "tells nobody anything new. The derivative repeats the waste: in reverse "
        "mode each of these broadcasts becomes an upload of a cotangent."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(adapter, backbone, x, y):
    return jnp.mean((jnp.tanh(x @ backbone) @ adapter - y) ** 2)


def client_gradient(adapter, backbone, x, y):
    return jax.grad(client_loss)(adapter, backbone, x, y)


@fed.computation
def fine_tune(
    adapter: fed.Server[Float[Array, "h"]],
    backbone: fed.Server[Float[Array, "d h"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int = 10,
) -> fed.Server[Float[Array, "h"]]:
    for _ in range(rounds):
        backbone_at_clients = fed.broadcast(backbone)
        gradients = fed.map(
            client_gradient, fed.broadcast(adapter), backbone_at_clients, x, y
        )
        adapter = adapter - 0.1 * fed.mean(gradients)
    return adapter
""",
        marked="fed.broadcast(backbone)",
        message=(
            "each iteration of the loop broadcasts `backbone` again, which it does not change"
        ),
        help="broadcast `backbone` once, before the loop",
        fixed="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(adapter, backbone, x, y):
    return jnp.mean((jnp.tanh(x @ backbone) @ adapter - y) ** 2)


def client_gradient(adapter, backbone, x, y):
    return jax.grad(client_loss)(adapter, backbone, x, y)


@fed.computation
def fine_tune(
    adapter: fed.Server[Float[Array, "h"]],
    backbone: fed.Server[Float[Array, "d h"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int = 10,
) -> fed.Server[Float[Array, "h"]]:
    backbone_at_clients = fed.broadcast(backbone)
    for _ in range(rounds):
        gradients = fed.map(
            client_gradient, fed.broadcast(adapter), backbone_at_clients, x, y
        )
        adapter = adapter - 0.1 * fed.mean(gradients)
    return adapter
""",
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(adapter, backbone, x, y):
    return jnp.mean((jnp.tanh(x @ backbone) @ adapter - y) ** 2)


def client_gradient(adapter, backbone, x, y):
    return jax.grad(client_loss)(adapter, backbone, x, y)


@fed.computation
def fine_tune(
    adapter: fed.Server[Float[Array, "h"]],
    backbone: fed.Server[Float[Array, "d h"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int = 10,
) -> fed.Server[Float[Array, "h"]]:
    backbone_at_clients = fed.broadcast(backbone)
    for _ in range(rounds):
        gradients = fed.map(
            client_gradient, fed.broadcast(adapter), backbone_at_clients, x, y
        )
        adapter = adapter - 0.1 * fed.mean(gradients)
    return adapter
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, lr, x):
    return lr * (w - x)


@fed.computation
def decayed(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 10,
) -> fed.Server[Float[Array, "d"]]:
    for step in range(rounds):
        lr_at_clients = fed.broadcast(lr / (1 + step))
        w = w - fed.mean(fed.map(client_step, fed.broadcast(w), lr_at_clients, x))
    return w
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, lr, x):
    return lr * (w - x)


@fed.computation
def one_message_a_round(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 10,
) -> fed.Server[Float[Array, "d"]]:
    for _ in range(rounds):
        w_at_clients, lr_at_clients = fed.broadcast((w, lr))
        w = w - fed.mean(fed.map(client_step, w_at_clients, lr_at_clients, x))
    return w
""",
    ),
)
