"""FAD409: fadc allows dynamic-loop."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD409",
    name="dynamic-loop",
    severity=Severity.ERROR,
    waivable=True,
    message=(
        "{loop} in `{function}` runs a number of iterations that reverse mode cannot walk back"
    ),
    help=(
        "give `jax.lax.fori_loop` static bounds, use `jax.lax.scan`, or differentiate in "
        "forward mode"
    ),
    why=(
        "Reverse mode walks the iterations of a loop back and needs what each of them kept. "
        "JAX can keep that for a number of iterations that is known when the function is "
        "traced; where a value decides it, `jax.vjp` raises an error. Forward mode has no "
        "such need."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    def step(state):
        w, error = state
        w = w - 0.1 * jax.grad(squared_error)(w, x, y)
        return w, squared_error(w, x, y)

    _, error = jax.lax.while_loop(lambda state: state[1] > 1e-3, step, (w, squared_error(w, x, y)))
    return error


def squared_error(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="jax.lax.while_loop(lambda state: state[1] > 1e-3, step, (w, squared_error(w, x, y)))",
        message=(
            "`jax.lax.while_loop` in `client_loss` runs a number of iterations that "
            "reverse mode cannot walk back"
        ),
        help=(
            "give `jax.lax.fori_loop` static bounds, use `jax.lax.scan`, or differentiate "
            "in forward mode"
        ),
        settings={"mode": "reverse"},
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    def step(_, w):
        return w - 0.1 * jax.grad(squared_error)(w, x, y)

    return squared_error(jax.lax.fori_loop(0, 5, step, w), x, y)


def squared_error(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    halvings = jax.lax.while_loop(lambda s: jnp.max(jnp.abs(x)) * s > 1.0, lambda s: s / 2, 1.0)
    return jnp.mean((halvings * x @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    scale = jax.lax.stop_gradient(
        jax.lax.while_loop(lambda s: s > 1.0, lambda s: s / 2, jnp.max(jnp.abs(w)))
    )
    return jnp.mean((scale * x @ w - y) ** 2)


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
