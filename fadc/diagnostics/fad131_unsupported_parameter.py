"""FAD131: fadc allows unsupported-parameter."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD131",
    name="unsupported-parameter",
    severity=Severity.ERROR,
    message="parameter `{parameter}` {problem}",
    help="write it without a star, and a placed one without a default or with a number",
    why=(
        "A derivative takes the primal's parameters and adds tangents or cotangents as "
        "keyword-only ones. For that each parameter must be addressable by its name, and "
        "each placed value must come from the caller: a default that is more than a number "
        "or `None` would be a value that no one has sent."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

SCALE = 1.0


@fed.computation
def total(
    v: fed.Clients[Float[Array, ""]], scale: fed.Server[Float[Array, ""]] = SCALE
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)
""",
        marked="scale",
        message="parameter `scale` is placed, and its default is neither a number nor `None`",
        help="write it without a star, and a placed one without a default or with a number",
        line=10,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(
    v: fed.Clients[Float[Array, ""]], scale: float = 1.0
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(
    v: fed.Clients[Float[Array, ""]], *, scale: fed.Server[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total(
    v: fed.Clients[Float[Array, ""]], /, scale: fed.Server[Float[Array, ""]] = -1.0
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)
""",
    ),
)
