"""FAD105: fadc allows asynchronous-code."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD105",
    name="asynchronous-code",
    severity=Severity.ERROR,
    message="asynchronous code in a computation has no fixed order of messages",
    help="write a plain `def`; the engine decides what runs at the same time",
    why=(
        "A computation says which values depend on which, not when things happen. An "
        "engine may well run it asynchronously, but the derivative needs one definite "
        "order of rounds, which `async` and `await` would leave to an event loop."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
async def total_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(losses)
""",
        marked="total_loss",
        message="asynchronous code in a computation has no fixed order of messages",
        help="write a plain `def`; the engine decides what runs at the same time",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


async def report(loss):
    return float(loss)


@fed.computation
def total_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(losses)
""",
    ),
)
