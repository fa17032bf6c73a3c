"""FAD114: fadc allows tape-misuse."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD114",
    name="tape-misuse",
    severity=Severity.ERROR,
    message="list `{tape}` {problem}",
    help="let exactly one loop append to `{tape}`, once per iteration, before it is used",
    why=(
        "A list that one loop fills once per iteration is a tape: its length is the "
        "loop's, and its cotangent is a tape that the reversed loop consumes. Any other "
        "use would make its length depend on more than the loop."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "k d"]]:
    models = []
    for _ in range(3):
        gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
        w = w - 0.1 * fed.mean(gradient)
        models.append(w)
        models.append(2.0 * w)
    return jnp.stack(models)
""",
        marked="models.append(2.0 * w)",
        message="list `models` is appended to more than once per iteration",
        help=("let exactly one loop append to `models`, once per iteration, before it is used"),
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "k d"]]:
    models = []
    for _ in range(3):
        gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
        w = w - 0.1 * fed.mean(gradient)
        models.append(w)
    return jnp.stack(models)
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "n"]]:
    sums = []
    for k in range(3):
        sums.append(k * fed.sum(x))
    result = jnp.zeros(())
    for value in reversed(sums):
        result = result + value
    return result
""",
    ),
)
