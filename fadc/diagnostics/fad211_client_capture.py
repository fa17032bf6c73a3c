"""FAD211: fadc allows client-capture."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD211",
    name="client-capture",
    severity=Severity.ERROR,
    message="`{function}` captures client value `{name}`",
    help="give `{name}` to `fed.map` as an argument",
    why=(
        "A mapped function runs once for each client and is given that client's part of "
        "each argument. A captured client value is not taken apart: every client would "
        "see all clients' values."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def centred_norm(
    x: fed.Clients[Float[Array, "d"]], centre: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    norms = fed.map(lambda x: jnp.sum((x - centre) ** 2), x)
    return fed.mean(norms)
""",
        marked="centre",
        message="`lambda x: jnp.sum((x - centre) ** 2)` captures client value `centre`",
        help="give `centre` to `fed.map` as an argument",
        line=11,
        fixed="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def centred_norm(
    x: fed.Clients[Float[Array, "d"]], centre: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    norms = fed.map(lambda centre, x: jnp.sum((x - centre) ** 2), centre, x)
    return fed.mean(norms)
""",
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def centred_norm(
    x: fed.Clients[Float[Array, "d"]], centre: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    norms = fed.map(lambda x, centre: jnp.sum((x - centre) ** 2), x, centre)
    return fed.mean(norms)
""",
    ),
)
