"""FAD133: fadc allows altered-computation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD133",
    name="altered-computation",
    severity=Severity.ERROR,
    waivable=True,
    message="`{decorator}` may replace computation `{name}` by another function before it is marked",
    help="write `@{decorator}` above `@fed.computation`, or call it inside the computation",
    why=(
        "fadc checks and differentiates the text of a function. A decorator between that text "
        "and `@fed.computation` may give any other function in its place: what runs would "
        "then be neither what was checked nor what was differentiated. `jax.jit` and "
        "decorators that check types leave the function as it is and may stand there."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def doubled(function):
    return lambda *args: 2.0 * function(*args)


@fed.computation
@doubled
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
        marked="doubled",
        message=(
            "`doubled` may replace computation `total_loss` by another function before it is marked"
        ),
        help="write `@doubled` above `@fed.computation`, or call it inside the computation",
        line=11,
    ),
    near_misses=(
        """\
import functools

import jax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
@functools.partial(jax.jit, static_argnames="scale")
def total_loss(
    v: fed.Clients[Float[Array, ""]], scale: float
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed

losses = {}


def registered(function):
    losses[function.__name__] = function
    return function


@registered
@fed.computation
def total_loss(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
    ),
)
