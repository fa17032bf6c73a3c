"""FAD121: fadc allows unsupported-statement."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD121",
    name="unsupported-statement",
    severity=Severity.ERROR,
    message="a `{statement}` statement in a computation has no derivative",
    help=(
        "write it with assignments, static `if` and `for` over `range(…)`, or move it "
        "into a local function"
    ),
    why=(
        "A computation is made of assignments, loops over static ranges, static branches "
        "and one return. Each of these has a pushforward and a transpose; other "
        "statements have neither."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def reduced(v: fed.Clients[Float[Array, ""]], kind: str) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    match kind:
        case "half":
            total = 0.5 * total
        case "double":
            total = 2.0 * total
    return total
""",
        marked="match kind",
        message="a `match` statement in a computation has no derivative",
        help=(
            "write it with assignments, static `if` and `for` over `range(…)`, or move it "
            "into a local function"
        ),
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def reduced(v: fed.Clients[Float[Array, ""]], kind: str) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    if kind == "half":
        total = 0.5 * total
    elif kind == "double":
        total = 2.0 * total
    return total
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def factor(kind):
    match kind:
        case "half":
            return 0.5
        case _:
            return 2.0


@fed.computation
def reduced(v: fed.Clients[Float[Array, ""]], kind: str) -> fed.Server[Float[Array, ""]]:
    return factor(kind) * fed.sum(v)
""",
    ),
)
