"""FAD136: fadc allows unknown-member."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD136",
    name="unknown-member",
    severity=Severity.ERROR,
    message="fadc has no `{name}`",
    help="{cure}",
    why=(
        "The program stops with an AttributeError or an ImportError where it asks for the "
        "name. A misspelt `@fed.computation` would also hide its function: a function that "
        "is not recognised as a computation is not checked, and nothing would be reported."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.compuation
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
        marked="fed.compuation",
        message="fadc has no `fed.compuation`",
        help="write `fed.computation`",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed
import fadc.engines


@fed.computation
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)


def main(losses):
    with fadc.engines.record() as run:
        total_loss(losses)
    return run, fed.__version__
""",
        """\
from jaxtyping import Array, Float

import fadc as fed

try:
    from fadc import scan
except ImportError:
    scan = None


@fed.computation
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
    ),
)
