"""FAD110: fadc allows discarded-expression."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD110",
    name="discarded-expression",
    severity=Severity.ERROR,
    message="the value of this expression is not used",
    help=("bind it to a name or delete it; print results after the computation has returned"),
    why=(
        "A computation has no effect but its result, so an expression whose value is "
        "dropped does nothing, except send a message that nobody reads or print a value "
        "that exists only on one machine."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    loss = fed.mean(losses)
    print(loss)
    return loss
""",
        marked="print(loss)",
        message="the value of this expression is not used",
        help=("bind it to a name or delete it; print results after the computation has returned"),
    ),
    near_misses=(
        '''\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    """The clients' mean loss."""
    loss = fed.mean(losses)
    return loss
''',
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def mean_loss(losses: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    loss = fed.mean(losses)
    return loss


if __name__ == "__main__":
    print(mean_loss(jnp.arange(4.0)))
""",
    ),
)
