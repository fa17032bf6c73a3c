"""FAD134: fadc allows hidden-primitive."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD134",
    name="hidden-primitive",
    severity=Severity.ERROR,
    waivable=True,
    message="`from {package} import *` may replace the primitive `{name}`, which is imported above",
    help="import from `{package}` by name, or write `import fadc as fed` and `fed.{name}`",
    why=(
        "A star import binds names that the module's text does not show. `numpy` and "
        "`jax.numpy` have a `sum` and a `mean` of their own: what reads like an upload through "
        "the program's mechanism would then be a plain sum over the clients."
    ),
    bad=Example(
        source="""\
from fadc import Clients, Server, computation, mean
from jax.numpy import *


@computation
def mean_loss(losses: Clients) -> Server:
    return mean(losses)
""",
        marked="from jax.numpy import *",
        message=(
            "`from jax.numpy import *` may replace the primitive `mean`, which is imported above"
        ),
        help="import from `jax.numpy` by name, or write `import fadc as fed` and `fed.mean`",
    ),
    near_misses=(
        """\
from jax.numpy import *

from fadc import Clients, Server, computation, mean


@computation
def mean_loss(losses: Clients) -> Server:
    return mean(losses)
""",
        """\
import fadc as fed
from jax.numpy import *


@fed.computation
def mean_loss(losses: fed.Clients) -> fed.Server:
    return sqrt(fed.mean(losses))
""",
    ),
)
