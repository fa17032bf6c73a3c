"""FAD128: fadc allows duplicate-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD128",
    name="duplicate-computation",
    severity=Severity.ERROR,
    message="computation `{name}` is bound more than once in this module",
    help="give each computation a name of its own",
    why=(
        "A call names the computation it means, and the derivative is named after it. "
        "Where a name is bound twice, which one is meant depends on when the call is "
        "made."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)


@fed.computation
def total(v: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "n"]]:
    return fed.sum(v)
""",
        marked="total",
        message="computation `total` is bound more than once in this module",
        help="give each computation a name of its own",
        line=12,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)


@fed.computation
def vector_total(v: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "n"]]:
    return fed.sum(v)
""",
    ),
)
