"""FAD413: fadc allows concrete-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD413",
    name="concrete-value",
    severity=Severity.ERROR,
    waivable=True,
    message="{operation} in `{function}` asks for the value of an array that JAX traces",
    help=(
        "leave it an array; `jnp.asarray(v, dtype=…)` changes its type, and `fed.map` returns it"
    ),
    why=(
        "A traced array has a shape and a type but no value, so JAX raises an error in a "
        "mapped function. At the server there is a value; yet the result is a plain number, "
        "which the derivative would silently treat as a constant. The text of a traced "
        "array, in an f-string or by `str`, describes the tracer, not the value."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    scale = float(jnp.max(x))
    return jnp.mean((x @ w / scale - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="float(jnp.max(x))",
        message="`float(…)` in `client_loss` asks for the value of an array that JAX traces",
        help=(
            "leave it an array; `jnp.asarray(v, dtype=…)` changes its type, and `fed.map` "
            "returns it"
        ),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    count = float(len(x)) + int(x.shape[1]) + float("1e-3")
    return jnp.mean((x @ w - y) ** 2) / count


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
    return jnp.mean((x @ w - y) ** 2)


def report(w, x, y):
    return float(mean_loss(w, x, y)), mean_loss(w, x, y).item()


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
