"""FAD505: fadc allows unprotected-upload."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD505",
    name="unprotected-upload",
    severity=Severity.WARNING,
    waivable=True,
    message="this uploads through {mechanisms}, which the project does not call private",
    help="upload through a mechanism that `private-mechanisms` of [tool.fadc] lists",
    why=(
        "Plain aggregation shows the server each client's value before they are summed. A "
        "project that lists `private-mechanisms`, say a secure aggregation (Bonawitz et al., "
        "CCS 2017) or one that adds noise before anybody looks (Dwork and Roth, The "
        "Algorithmic Foundations of Differential Privacy, 2014), wants to know where a value "
        "leaves its client without one. Some values may, such as a public count: waive the "
        "warning on such a line with `# fadc: ignore[FAD505]`."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation(transpose_broadcast=secure_sum)
def total_and_mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, ""]]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    return secure_sum(losses), fed.mean(losses)
""",
        marked="fed.mean(losses)",
        message="this uploads through plain aggregation, which the project does not call private",
        help="upload through a mechanism that `private-mechanisms` of [tool.fadc] lists",
        settings={"private_mechanisms": ("secure_sum",)},
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
def total_and_mean_loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, ""]]]:
    losses = fed.map(client_loss, fed.broadcast(w), x)
    total = secure_sum(losses)
    return total, total / fed.num_clients()
""",
    ),
)
