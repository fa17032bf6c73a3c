"""FAD417: fadc allows reverse-only-rule."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD417",
    name="reverse-only-rule",
    severity=Severity.ERROR,
    waivable=True,
    message="{callee} has a `{rule}` rule, through which JAX pushes no tangent",
    help=(
        "write the rule as a `jax.custom_jvp`, from which JAX derives both modes, or differentiate "
        "in reverse mode"
    ),
    why=(
        "A rule for the pullback defines how cotangents are pulled back, and says nothing "
        "about tangents: `jax.jvp` raises an error where one arrives. A rule for the "
        "pushforward that is linear in the tangent serves both modes, since JAX transposes "
        "it. Inside a `jax.grad` or `jax.vjp` that the program itself calls, the rule runs "
        "instead of the function, and is differentiated like any other code."
    ),
    bad=Example(
        source="""\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@jax.custom_vjp
def rounded(v):
    return jnp.round(v)


rounded.defvjp(lambda v: (jnp.round(v), None), lambda _, v_bar: (v_bar,))


def client_loss(w, x, y):
    return jnp.mean((x @ rounded(w) - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="rounded(w)",
        message="`rounded` has a `jax.custom_vjp` rule, through which JAX pushes no tangent",
        help=(
            "write the rule as a `jax.custom_jvp`, from which JAX derives both modes, or "
            "differentiate in reverse mode"
        ),
        settings={"mode": "forward"},
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@jax.custom_jvp
def rounded(v):
    return jnp.round(v)


rounded.defjvp(lambda primals, tangents: (jnp.round(*primals), *tangents))


def client_loss(w, x, y):
    return jnp.mean((x @ rounded(w) - y) ** 2)


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


@jax.custom_vjp
def rounded(v):
    return jnp.round(v)


rounded.defvjp(lambda v: (jnp.round(v), None), lambda _, v_bar: (v_bar,))


def client_loss(w, x, y):
    return jnp.mean((rounded(x) @ w - y) ** 2)


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


@jax.custom_vjp
def rounded(v):
    return jnp.round(v)


rounded.defvjp(lambda v: (jnp.round(v), None), lambda _, v_bar: (v_bar,))


def client_loss(w, x, y):
    return jnp.mean((x @ rounded(w) - y) ** 2)


def client_update(w, x, y):
    return w - 0.1 * jax.grad(client_loss)(w, x, y)


@fed.computation
def next_model(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(fed.map(client_update, fed.broadcast(w), x, y))
""",
    ),
)
