"""FAD410: fadc allows argument-mutation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD410",
    name="argument-mutation",
    severity=Severity.ERROR,
    waivable=True,
    message="`{function}` changes `{name}` in place",
    help="bind a new value, such as `{name}.at[i].set(v)` or a new dict",
    why=(
        "Arrays of JAX cannot be changed in place: the assignment raises an error. A dict or "
        "a list can, but then its owner sees the change, or nobody does if JAX has rebuilt "
        "it in between."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    w[0] = 0.0
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="w[0]",
        message="`client_loss` changes `w` in place",
        help="bind a new value, such as `w.at[i].set(v)` or a new dict",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    losses = {}
    losses["squared"] = jnp.mean((x @ w.at[0].set(0.0) - y) ** 2)
    x = x.at[0].add(1.0)
    w += 1.0
    terms = [jnp.mean(x @ w)]
    terms.append(losses["squared"])
    return sum(terms)


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
from jaxtyping import PyTree

import fadc as fed


def client_loss(params, x):
    params = dict(params)
    params["scale"] = 2.0 * params["scale"]
    return jnp.mean(params["scale"] * x @ params["w"])


@fed.computation
def mean_loss(params: fed.Server[PyTree], x: fed.Clients) -> fed.Server:
    return fed.mean(fed.map(client_loss, fed.broadcast(params), x))
""",
    ),
)
