"""FAD113: fadc allows unknown-annotation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD113",
    name="unknown-annotation",
    severity=Severity.ERROR,
    message="`{annotation}` does not say where {parameter} is placed",
    help="{cure}",
    why=(
        "A type without a placement leaves open whether there is one value at the server "
        "or one at each client. Only `int`, `float`, `bool`, `str` and `Callable` stand "
        "for themselves: such values are known to everyone before the program runs."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(losses: Float[Array, "clients"]) -> fed.Server[Float[Array, ""]]:
    return fed.mean(losses)
""",
        marked='Float[Array, "clients"]',
        message='`Float[Array, "clients"]` does not say where parameter `losses` is placed',
        help=(
            'wrap the type in a placement: `fed.Server[Float[Array, "clients"]]` or '
            '`fed.Clients[Float[Array, "clients"]]`'
        ),
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.mean(losses)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_sum(
    parts: tuple[fed.Clients[Float[Array, ""]], fed.Clients[Float[Array, ""]]],
    factor: float,
) -> fed.Server[Float[Array, ""]]:
    first, second = parts
    return factor * fed.sum(first) + fed.sum(second)
""",
    ),
)
