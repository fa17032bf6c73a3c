"""FAD122: fadc allows unsupported-expression."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD122",
    name="unsupported-expression",
    severity=Severity.ERROR,
    message="{expression} in a computation {problem}",
    help="write it as an assignment of its own, or move it into a local function",
    why=(
        "In a computation each value is bound by one statement, whose pullback is one "
        "statement of the reverse sweep. An expression that also binds a name, suspends "
        "the function or spreads a sequence has no such counterpart."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def doubled_sum(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return (total := fed.sum(v)) + total
""",
        marked="total := fed.sum(v)",
        message="an assignment expression in a computation binds a name outside a statement",
        help="write it as an assignment of its own, or move it into a local function",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def doubled_sum(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    return total + total
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def powers(v):
    return (square := v * v) + square * v


@fed.computation
def power_sum(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.map(powers, v))
""",
    ),
)
