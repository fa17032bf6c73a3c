"""FAD403: fadc allows discrete-result."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD403",
    name="discrete-result",
    severity=Severity.ERROR,
    message="`{name}` has no differentiable result",
    help="choose a floating-point result with `--result`",
    why=(
        "An integer, a bool or a key does not change by small amounts, so its derivative "
        "carries nothing. Where a computation returns several values, `--result` names "
        "the one to differentiate."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float, Int

import fadc as fed


@fed.computation
def correct_count(
    w: fed.Server[Float[Array, "d"]], correct: fed.Clients[Int[Array, ""]]
) -> fed.Server[Int[Array, ""]]:
    return fed.sum(correct)
""",
        marked="correct_count",
        message="`correct_count` has no differentiable result",
        help="choose a floating-point result with `--result`",
        options={"mode": "reverse", "wrt": ("w",)},
    ),
    near_misses=(
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def penalised_accuracy(
    w: fed.Server[Float[Array, "d"]], correct: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(correct) - jnp.sum(w**2)
""",
    ),
)
