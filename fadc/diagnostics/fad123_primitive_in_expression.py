"""FAD123: fadc allows primitive-in-expression."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD123",
    name="primitive-in-expression",
    severity=Severity.ERROR,
    message="`{primitive}` is {problem}",
    help="call `{primitive}` in a statement of its own and use its result here",
    why=(
        "Such an expression may run several times, once or never, so it does not say how "
        "many messages are sent. A statement sends its message exactly once."
    ),
    bad=Example(
        source="""\
import jax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def tree_total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    pair = jax.tree.map(lambda scale: scale * fed.sum(v), (1.0, 2.0))
    return pair[0] + pair[1]
""",
        marked="fed.sum(v)",
        message="`fed.sum` is called inside a lambda",
        help="call `fed.sum` in a statement of its own and use its result here",
    ),
    near_misses=(
        """\
import jax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def tree_total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    total = fed.sum(v)
    pair = jax.tree.map(lambda scale: scale * total, (1.0, 2.0))
    return pair[0] + pair[1]
""",
    ),
)
