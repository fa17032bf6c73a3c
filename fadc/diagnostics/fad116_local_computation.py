"""FAD116: fadc allows local-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD116",
    name="local-computation",
    severity=Severity.ERROR,
    waivable=True,
    message="computation `{name}` is defined inside {where}",
    help="move `{name}` to module level",
    why=(
        "The text of a module says what its computations are. One that is made inside a "
        "function may capture anything around it, exists anew at each call, and cannot be "
        "named by the derivative program, which lives at module level."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def make_total(scale):
    @fed.computation
    def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
        return scale * fed.sum(v)

    return total
""",
        marked="total",
        message="computation `total` is defined inside a function",
        help="move `total` to module level",
        line=8,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(v: fed.Clients[Float[Array, ""]], scale: float) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)


def make_total(scale):
    return lambda v: total(v, scale)
""",
        """\
try:
    import fadc as fed
except ImportError:
    fed = None

if fed is not None:

    @fed.computation
    def total(v: fed.Clients) -> fed.Server:
        return fed.sum(v)
""",
    ),
)
