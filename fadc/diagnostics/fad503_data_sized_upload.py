"""FAD503: fadc allows data-sized-upload."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD503",
    name="data-sized-upload",
    severity=Severity.WARNING,
    waivable=True,
    message=(
        "`{name}` is as large as a client's data: only client inputs have its dimension `{symbol}`"
    ),
    help="reduce `{name}` inside `fed.map`, and upload what the server needs of it",
    why=(
        "Federated learning keeps the data where they are and sends focused updates, the "
        "least that the task at hand needs (McMahan et al., AISTATS 2017). An upload with "
        "one entry for each example is as expensive as collecting the data. It may also "
        "reveal as much: a sum over a few clients hides little of the labels and losses of "
        "single examples. Nor does the order of examples mean the same at two clients."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def predict(w, x):
    return x @ w


@fed.computation
def residual_norm(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(fed.map(predict, fed.broadcast(w), x))
    return jnp.sum((total - fed.sum(y)) ** 2)
""",
        marked="fed.sum(y)",
        message="`y` is as large as a client's data: only client inputs have its dimension `n`",
        help="reduce `y` inside `fed.map`, and upload what the server needs of it",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def residual_norm(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    residual = fed.map(lambda w, x, y: jnp.mean(x @ w - y), fed.broadcast(w), x, y)
    return fed.sum(residual) ** 2
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def next_control(
    server_control: fed.Server[Float[Array, "d"]],
    control: fed.Clients[Float[Array, "d"]],
    weight: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, "d"]]:
    return 0.5 * server_control + 0.5 * fed.weighted_mean(control, weight)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_estimate(v: fed.Clients[Float[Array, "d"]]) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(v)
""",
    ),
)
