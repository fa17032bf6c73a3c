"""FAD213: fadc allows conflicting-placements."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD213",
    name="conflicting-placements",
    severity=Severity.ERROR,
    message="`{name}` is `{first}` on one path and `{second}` on another",
    help="use two names, or broadcast or aggregate so that the paths agree",
    why=(
        "A name stands for a value at one place. If that place depended on the branch "
        "taken or on the iteration, so would the messages that its uses need."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def reduced(
    v: fed.Clients[Float[Array, ""]], aggregated: bool
) -> fed.Server[Float[Array, ""]]:
    if aggregated:
        result = fed.mean(v)
    else:
        result = fed.map(jnp.square, v)
    return fed.mean(fed.broadcast(result))
""",
        marked="result",
        message="`result` is `fed.Server` on one path and `fed.Clients` on another",
        help="use two names, or broadcast or aggregate so that the paths agree",
        line=14,
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def reduced(
    v: fed.Clients[Float[Array, ""]], squared: bool
) -> fed.Server[Float[Array, ""]]:
    if squared:
        result = fed.map(jnp.square, v)
    else:
        result = v
    return fed.mean(result)
""",
    ),
)
