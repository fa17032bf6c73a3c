"""FAD118: fadc allows unbound-name."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD118",
    name="unbound-name",
    severity=Severity.ERROR,
    message="`{name}` {reason}",
    help="bind `{name}` on every path before it is used",
    why=(
        "A loop may run zero times and a branch may not be taken; a name that is bound "
        "only there may have no value afterwards. The derivative would have to hand a "
        "cotangent to a value that does not exist."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def last_sum(v: fed.Clients[Float[Array, ""]], rounds: int) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        total = fed.sum(v)
    return total
""",
        marked="total",
        message="`total` is bound only inside a loop, which may run zero times",
        help="bind `total` on every path before it is used",
        line=10,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def last_sum(v: fed.Clients[Float[Array, ""]], rounds: int) -> fed.Server[Float[Array, ""]]:
    total = 0.0 * fed.sum(v)
    for _ in range(rounds):
        total = fed.sum(v)
    return total
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_sum(
    v: fed.Clients[Float[Array, ""]], scaled: bool
) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    if scaled:
        scale = 2.0
    if scaled:
        total = scale * total
    return total
""",
    ),
)
