"""FAD130: fadc allows nesting-too-deep."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

_EXPRESSION = "total" + " + total" * 1500
_SOURCE = """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def multiplied(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    return {}
"""

RULE = Rule(
    code="FAD130",
    name="nesting-too-deep",
    severity=Severity.ERROR,
    message="this computation holds an expression that is nested too deeply to be read",
    help="bind parts of that expression to names in statements of their own",
    why=(
        "Python's own parser and compiler give up on expressions of some thousand levels, and "
        "where exactly depends on the machine. fadc refuses them before that, so that its "
        "answer is the same everywhere and never a crash."
    ),
    bad=Example(
        source=_SOURCE.format(_EXPRESSION),
        marked="multiplied",
        message="this computation holds an expression that is nested too deeply to be read",
        help="bind parts of that expression to names in statements of their own",
    ),
    near_misses=(_SOURCE.format("total" + " + total" * 50),),
)
