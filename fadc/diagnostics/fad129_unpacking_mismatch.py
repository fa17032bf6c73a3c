"""FAD129: fadc allows unpacking-mismatch."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD129",
    name="unpacking-mismatch",
    severity=Severity.ERROR,
    message="{expected} are to be bound, but there {found}",
    help="write as many names on the left as there are values on the right",
    why=(
        "Python would find the mistake only when the statement is reached. The number of "
        "values is known from the program's text."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_total(
    a: fed.Server[Float[Array, ""]],
    b: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    first, second, third = fed.broadcast((a, b))
    return fed.sum(fed.map(lambda a, b, c, v: a * b * c * v, first, second, third, v))
""",
        marked="first, second, third = fed.broadcast((a, b))",
        message="3 names are to be bound, but there are 2 values",
        help="write as many names on the left as there are values on the right",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_total(
    a: fed.Server[Float[Array, ""]],
    b: fed.Server[Float[Array, ""]],
    v: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    first, second = fed.broadcast((a, b))
    return fed.sum(fed.map(lambda a, b, v: a * b * v, first, second, v))
""",
    ),
)
