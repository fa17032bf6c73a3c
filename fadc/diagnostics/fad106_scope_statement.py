"""FAD106: fadc allows scope-statement."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD106",
    name="scope-statement",
    severity=Severity.ERROR,
    message="`{statement}` in a computation changes what its names mean",
    help=(
        "pass values in as parameters and out as results, and leave `{statement}` to module level"
    ),
    why=(
        "A computation is a function from its parameters to its result. `global` and "
        "`nonlocal` let values out by another way, `import` brings them in while it runs, "
        "and `del` takes a name away that the derivative may still need."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

history = []


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    global history
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)
""",
        marked="global history",
        message="`global` in a computation changes what its names mean",
        help=(
            "pass values in as parameters and out as results, and leave `global` to module level"
        ),
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed

calls = 0


def count():
    global calls
    calls += 1


@fed.computation
def total(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "n"]]:
    return fed.sum(x)
""",
    ),
)
