"""FAD115: fadc allows recursive-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD115",
    name="recursive-computation",
    severity=Severity.ERROR,
    message="computation `{name}` calls itself",
    help="write the repetition as a `for` loop over `range(…)`",
    why=(
        "A called computation is differentiated once and its derivative is called. "
        "Through recursion that derivative would need itself before it is made, and how "
        "deep the recursion goes is decided only when the program runs."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def diffuse(v: fed.Server[Float[Array, ""]], steps: int) -> fed.Server[Float[Array, ""]]:
    at_clients = fed.broadcast(v)
    return diffuse(0.5 * fed.mean(at_clients), steps - 1)
""",
        marked="diffuse",
        message="computation `diffuse` calls itself",
        help="write the repetition as a `for` loop over `range(…)`",
        line=9,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def diffuse_once(v: fed.Server[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return 0.5 * fed.mean(fed.broadcast(v))


@fed.computation
def diffuse(v: fed.Server[Float[Array, ""]], steps: int) -> fed.Server[Float[Array, ""]]:
    for _ in range(steps):
        v = diffuse_once(v)
    return v
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


@fed.computation
def weighted_total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return factorial(3) * fed.sum(v)
""",
    ),
)
