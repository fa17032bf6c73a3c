"""FAD201: fadc allows unbroadcast-capture."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD201",
    name="unbroadcast-capture",
    severity=Severity.ERROR,
    message="`{function}` uses server value `{name}` without a broadcast",
    help="give `fed.broadcast({name})` to `fed.map` as an argument",
    why=(
        "A mapped function runs at the clients and sees its arguments and static values "
        "only. A server value that it captures gets there by a message that passes no "
        "primitive: it is missing from every count of traffic, and its cotangent would "
        "come back past the program's upload mechanism."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def residual_mean(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    residual = fed.map(lambda x, y: x @ w - y, x, y)
    return fed.mean(residual)
""",
        marked="w",
        message="`lambda x, y: x @ w - y` uses server value `w` without a broadcast",
        help="give `fed.broadcast(w)` to `fed.map` as an argument",
        line=12,
        fixed="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def residual_mean(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    residual = fed.map(lambda w, x, y: x @ w - y, fed.broadcast(w), x, y)
    return fed.mean(residual)
""",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def residual_mean(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    residual = fed.map(lambda w, x, y: x @ w - y, fed.broadcast(w), x, y)
    return fed.mean(residual)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed

SCALE = 2.0


@fed.computation
def scaled_mean(
    v: fed.Clients[Float[Array, "d"]], power: int
) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(fed.map(lambda v: SCALE * v**power, v))
""",
    ),
)
