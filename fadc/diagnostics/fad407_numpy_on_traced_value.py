"""FAD407: fadc allows numpy-on-traced-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD407",
    name="numpy-on-traced-value",
    severity=Severity.ERROR,
    waivable=True,
    message="`{callee}` is not JAX's, but JAX traces `{value}` in `{function}`",
    help="use `{instead}`, which works on traced values",
    why=(
        "A mapped function runs for all clients at once, and its derivative runs it "
        "again, so JAX gives it tracers instead of numbers. Functions of NumPy, `math` "
        "and SciPy ask a tracer for its numbers and raise an error. The few that happen "
        "to call the array's own method, such as `np.mean`, work for now and are a "
        "warning."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    logits = x @ w
    return jnp.mean(np.logaddexp(0.0, logits) - y * logits)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="np.logaddexp(0.0, logits)",
        message="`numpy.logaddexp` is not JAX's, but JAX traces `logits` in `client_loss`",
        help="use `jax.numpy.logaddexp`, which works on traced values",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import fadc as fed


WINDOW = np.hanning(16)


def client_loss(w, x, y):
    scale = np.sqrt(x.shape[0]) * np.ndim(x)
    return jnp.mean((x @ w - y) ** 2) / scale + np.sum(WINDOW)


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
import numpy as np
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    if isinstance(x, np.ndarray):
        return np.mean((x @ w - y) ** 2)
    return jnp.mean((x @ w - y) ** 2)


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
