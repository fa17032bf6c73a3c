"""FAD215: fadc allows contradicted-annotation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD215",
    name="contradicted-annotation",
    severity=Severity.ERROR,
    message="`{name}` is annotated `{declared}`, but its value is `{found}`",
    help="annotate `{name}` as `{found}`, or leave the annotation out: placements are inferred",
    why=(
        "Whoever reviews a program reads its annotations to see where values are. One that names "
        "another place than the value's own hides a message or invents one."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total: fed.Clients[Float[Array, ""]] = fed.sum(losses)
    return total
""",
        marked='fed.Clients[Float[Array, ""]]',
        message="`total` is annotated `fed.Clients`, but its value is `fed.Server`",
        help="annotate `total` as `fed.Server`, or leave the annotation out: placements are inferred",
        line=8,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total: fed.Server[Float[Array, ""]] = fed.sum(losses)
    zero: fed.Server[Float[Array, ""]] = 0.0
    return total + zero
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total: Float[Array, ""] = fed.sum(losses)
    return total
""",
    ),
)
