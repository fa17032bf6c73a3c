"""FAD137: fadc allows object-as-value."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD137",
    name="object-as-value",
    severity=Severity.ERROR,
    message="`{name}` is a function or an optimizer made of server values, and no value itself",
    help="use it in expressions, as in `{name}(…)`, and pass on what it is made from",
    why=(
        "A function, a `functools.partial` or an optimizer of optax that holds server values is no "
        "JAX value: it cannot be sent, returned, stored in a list or given to a computation. In a "
        "server expression it stands for the expression that makes it, and is differentiated there."
    ),
    bad=Example(
        source="""\
import optax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def step(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    g: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server]:
    optimizer = optax.sgd(lr)
    updates, _ = optimizer.update(fed.mean(g), optimizer.init(w))
    return optax.apply_updates(w, updates), optimizer
""",
        marked="optimizer",
        line=15,
        message="`optimizer` is a function or an optimizer made of server values, and no value itself",
        help="use it in expressions, as in `optimizer(…)`, and pass on what it is made from",
    ),
    near_misses=(
        """\
import optax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def step(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    g: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, "d"]]:
    optimizer = optax.sgd(lr)
    updates, _ = optimizer.update(fed.mean(g), optimizer.init(w))
    return optax.apply_updates(w, updates)
""",
    ),
)
