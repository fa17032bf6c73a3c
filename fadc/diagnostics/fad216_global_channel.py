"""FAD216: fadc allows global-channel."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD216",
    name="global-channel",
    severity=Severity.ERROR,
    waivable=True,
    message="`{reader}` at the {where} reads global `{name}`, which `{writer}` changes at the {other}",
    help="pass the value through a primitive, and give it to `{reader}` as an argument",
    why=(
        "A global that one place writes and another reads carries a value between the server "
        "and the clients without any primitive. On the embedded engine, where both live in one "
        "process, that works; with real clients nothing would arrive, and no review of the "
        "program's messages would have shown it."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

model = None


def remember(w):
    global model
    model = w
    return w


def client_loss(x):
    return (x - model) ** 2


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    w = remember(w)
    return fed.mean(fed.map(client_loss, x)) + w
""",
        marked="client_loss",
        message=(
            "`client_loss` at the clients reads global `model`, which `remember` changes at the "
            "server"
        ),
        help="pass the value through a primitive, and give it to `client_loss` as an argument",
        line=23,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed

scale = 2.0


def rescaled(w):
    return scale * w


def client_loss(w, x):
    return (x - scale * w) ** 2


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(rescaled(w)), x))
""",
        """\
from jaxtyping import Array, Float

import fadc as fed

history = []


def report(loss):
    history.append(float(loss))
    return loss


def client_loss(w, x):
    return (x - w) ** 2


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x))


if __name__ == "__main__":
    report(mean_loss(1.0, [2.0, 3.0]))
""",
    ),
)
