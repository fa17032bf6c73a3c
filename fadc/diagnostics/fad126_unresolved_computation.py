"""FAD126: fadc allows unresolved-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD126",
    name="unresolved-computation",
    severity=Severity.ERROR,
    message="computation `{name}` is imported from `{module}`, which cannot be read",
    help="put the Python source of `{module}` where this file's import finds it",
    why=(
        "A called computation is differentiated with its caller, and for that its text is "
        "needed. fadc looks for it beside the importing file and along its package, and "
        "never imports anything."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

from .missing_rounds import local_round


@fed.computation
def two_rounds(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, "d"]]:
    w_next = local_round(w, x)
    return local_round(w_next, x)
""",
        marked="local_round",
        message=(
            "computation `local_round` is imported from `.missing_rounds`, which cannot be read"
        ),
        help=("put the Python source of `.missing_rounds` where this file's import finds it"),
        line=5,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def local_round(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, "d"]]:
    return w - fed.mean(fed.map(lambda w, x: x.T @ (x @ w), fed.broadcast(w), x))


@fed.computation
def two_rounds(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, "d"]]:
    w_next = local_round(w, x)
    return local_round(w_next, x)
""",
    ),
)
