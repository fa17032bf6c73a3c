"""FAD125: fadc allows misdeclared-aggregator."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD125",
    name="misdeclared-aggregator",
    severity=Severity.ERROR,
    message="an aggregator {problem}",
    help=(
        'declare it at module level, as in `secure_sum = fed.aggregator("secure_sum", '
        "like=fed.sum)`"
    ),
    why=(
        "A declared aggregator is an upload mechanism that a privacy review relies on. It "
        "must be found in the module's text, under one name, with what it computes: a sum "
        "or a mean, both of which are linear."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

NAME = "secure_sum"
secure_sum = fed.aggregator(NAME, like=fed.sum)


@fed.computation
def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return secure_sum(v)
""",
        marked="fed.aggregator(NAME, like=fed.sum)",
        message="an aggregator has no literal name",
        help=(
            'declare it at module level, as in `secure_sum = fed.aggregator("secure_sum", '
            "like=fed.sum)`"
        ),
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


@fed.computation
def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return secure_sum(v)
""",
    ),
)
