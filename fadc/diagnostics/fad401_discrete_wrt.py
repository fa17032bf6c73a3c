"""FAD401: fadc allows discrete-wrt."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD401",
    name="discrete-wrt",
    severity=Severity.ERROR,
    message="`{name}` is discrete, so nothing has a derivative with respect to it",
    help="choose floating-point inputs with `--wrt`",
    why=(
        "A derivative is a limit of small changes, and an integer, a bool, a PRNG key or "
        "a static value has none. JAX gives such inputs a cotangent of type float0 that "
        "carries no information."
    ),
    bad=Example(
        source="""\
import jax
from jaxtyping import Array, Float, Int

import fadc as fed


def client_loss(w, x, label):
    return -jax.nn.log_softmax(x @ w)[label]


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d k"]],
    x: fed.Clients[Float[Array, "d"]],
    label: fed.Clients[Int[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, label))
""",
        marked="label",
        message="`label` is discrete, so nothing has a derivative with respect to it",
        help="choose floating-point inputs with `--wrt`",
        line=15,
        options={"mode": "reverse", "wrt": ("label",)},
    ),
    near_misses=(
        """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(label, w, x):
    return -jax.nn.log_softmax(x @ w)[label.astype(jnp.int32)]


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d k"]],
    x: fed.Clients[Float[Array, "d"]],
    label: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, label, fed.broadcast(w), x))
""",
    ),
)
