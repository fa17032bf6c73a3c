"""FAD210: fadc allows client-value-inspection."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD210",
    name="client-value-inspection",
    severity=Severity.ERROR,
    message="client value `{name}` is {operation} outside `fed.map`",
    help="do it in a function given to `fed.map`, or aggregate `{name}` first",
    why=(
        "Outside the primitives a client value is opaque: there is no first client, no "
        "order and no number of them to look at. On the embedded engine such code would "
        "read the clients' axis and so look at single clients, which no engine with real "
        "clients could do."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - 0.1 * gradient[0]
""",
        marked="gradient[0]",
        message="client value `gradient` is indexed outside `fed.map`",
        help="do it in a function given to `fed.map`, or aggregate `gradient` first",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)[0]
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def first_features(x: fed.Clients[Float[Array, "n d"]]) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(fed.map(lambda x: x[0], x))
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_state(x):
    return {"m": x, "v": x * x}


@fed.computation
def second_moment(x: fed.Clients[Float[Array, "d"]]) -> fed.Server[Float[Array, "d"]]:
    state = fed.map(client_state, x)
    return fed.mean(state["v"])
""",
    ),
)
