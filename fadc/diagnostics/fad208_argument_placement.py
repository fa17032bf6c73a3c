"""FAD208: fadc allows argument-placement."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD208",
    name="argument-placement",
    severity=Severity.ERROR,
    message="parameter `{parameter}` of `{callee}` takes {declared}, but {found} is given",
    help="give `{callee}` {declared} for `{parameter}`",
    why=(
        "A computation's parameters say where its inputs are. A value from the other "
        "place would have to travel on the way in, and that message would pass no "
        "primitive."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_mean(
    scale: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return scale * fed.mean(v)


@fed.computation
def two_scales(
    scale: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    scale_at_clients = fed.broadcast(scale)
    return scaled_mean(scale_at_clients, v)
""",
        marked="scale_at_clients",
        message=(
            "parameter `scale` of `scaled_mean` takes a server value, but a client value is given"
        ),
        help="give `scaled_mean` a server value for `scale`",
        line=18,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_mean(
    scale: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return scale * fed.mean(v)


@fed.computation
def two_scales(
    scale: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return scaled_mean(2.0 * scale, v=v)
""",
    ),
)
