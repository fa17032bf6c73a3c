"""FAD111: fadc allows mutation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD111",
    name="mutation",
    severity=Severity.ERROR,
    message="`{target}` is changed in place",
    help="bind a new value to a name instead, such as `w = w.at[i].set(v)`",
    why=(
        "A derivative needs the values as they were. An object that is changed in place "
        "has lost its earlier value, and another name may refer to the same object, so "
        "that a change here would show there."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def momentum(
    m: fed.Server[Float[Array, "d"]], gradient: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    state = {"m": m}
    state["m"] = 0.9 * m + fed.mean(gradient)
    return state["m"]
""",
        marked='state["m"]',
        message='`state["m"]` is changed in place',
        help="bind a new value to a name instead, such as `w = w.at[i].set(v)`",
        line=11,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def momentum(
    m: fed.Server[Float[Array, "d"]], gradient: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    state = {"m": m}
    state = {"m": 0.9 * state["m"] + fed.mean(gradient)}
    return state["m"]
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def first_zeroed(gradient: fed.Clients[Float[Array, "d"]]) -> fed.Server[Float[Array, "d"]]:
    mean = fed.mean(gradient)
    return mean.at[0].set(0.0)
""",
    ),
)
