"""FAD306: fadc allows forbidden-derivative."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD306",
    name="forbidden-derivative",
    severity=Severity.ERROR,
    waivable=True,
    message=(
        "the {modes} derivative of `{computation}` uploads through {mechanisms}, "
        "but the project allows {allowed}"
    ),
    help="let `transpose_broadcast` name a mechanism that the project allows",
    why=(
        "A program that keeps to its project's mechanisms can have a derivative that does "
        "not: in reverse mode each broadcast becomes an upload of cotangents, and these tell "
        "as much about a client's data as its gradients do (Zhu, Liu and Han, Deep Leakage "
        "from Gradients, NeurIPS 2019). So the derivative in each mode is made, and its "
        "uploads are checked against the same list as the program's own."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation(transpose_broadcast=fed.sum)
def total_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    return secure_sum(fed.map(client_loss, fed.broadcast(w), x))
""",
        marked="fed.sum",
        line=13,
        message=(
            "the reverse derivative of `total_loss` uploads through plain aggregation, "
            "but the project allows only `secure_sum`"
        ),
        help="let `transpose_broadcast` name a mechanism that the project allows",
        settings={"mechanisms": ("secure_sum",)},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation(transpose_broadcast=secure_sum)
def total_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    return secure_sum(fed.map(client_loss, fed.broadcast(w), x))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


@fed.computation(transpose_broadcast=fed.sum)
def no_cotangent_travels(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    return jnp.sum(w**2) + secure_sum(fed.map(jnp.vdot, x, x))
""",
    ),
)
