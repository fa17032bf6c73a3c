"""FAD132: fadc allows unread-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD132",
    name="unread-computation",
    severity=Severity.ERROR,
    waivable=True,
    message="`{reference}` is used otherwise than as a decorator, so what it marks is not checked",
    help="write `@{reference}` above a `def` at module level",
    why=(
        "A computation is found by its decorator, in the text of the module. A function that "
        "is marked in another way is a federated computation all the same when it runs, but "
        "none of its messages would have been checked."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)


total_loss = fed.computation(total)
""",
        marked="fed.computation",
        message=(
            "`fed.computation` is used otherwise than as a decorator, so what it marks is not "
            "checked"
        ),
        help="write `@fed.computation` above a `def` at module level",
    ),
    near_misses=(
        """\
import jax
from jaxtyping import Array, Float

import fadc as fed


@jax.jit
@fed.computation
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
        """\
from jaxtyping import Array, Float

import fadc

federated = fadc.computation


@federated
def total_loss(v: fadc.Clients[Float[Array, ""]]) -> fadc.Server[Float[Array, ""]]:
    return fadc.sum(v)
""",
    ),
)
