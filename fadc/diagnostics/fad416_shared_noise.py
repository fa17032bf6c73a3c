"""FAD416: fadc allows shared-noise."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD416",
    name="shared-noise",
    severity=Severity.WARNING,
    waivable=True,
    message=(
        "`{callee}` draws the same noise at every client, since all of them have the same key"
    ),
    help=(
        "give each client a key of its own, or fold in what tells clients apart: "
        "`jax.random.fold_in(key, client)`"
    ),
    why=(
        "A broadcast key is the same at every client, and so is what is drawn from it. "
        "Noise that is added to what each client uploads then adds up instead of "
        "averaging out, and whoever knows the key, such as the server, can subtract it: "
        "it protects nobody."
    ),
    bad=Example(
        source="""\
import jax
from jaxtyping import Array, Float, Key

import fadc as fed


def noisy_update(key, update):
    return update + 0.1 * jax.random.normal(key, update.shape)


@fed.computation
def mean_update(
    key: fed.Server[Key[Array, ""]], update: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(fed.map(noisy_update, fed.broadcast(key), update))
""",
        marked="jax.random.normal(key, update.shape)",
        message=(
            "`jax.random.normal` draws the same noise at every client, since all of them "
            "have the same key"
        ),
        help=(
            "give each client a key of its own, or fold in what tells clients apart: "
            "`jax.random.fold_in(key, client)`"
        ),
    ),
    near_misses=(
        """\
import jax
from jaxtyping import Array, Float, Int, Key

import fadc as fed


def noisy_update(key, client, update):
    key = jax.random.fold_in(key, client)
    return update + 0.1 * jax.random.normal(key, update.shape)


@fed.computation
def mean_update(
    key: fed.Server[Key[Array, ""]],
    client: fed.Clients[Int[Array, ""]],
    update: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, "d"]]:
    return fed.mean(fed.map(noisy_update, fed.broadcast(key), client, update))
""",
        """\
import jax
from jaxtyping import Array, Float, Key

import fadc as fed


def sketch(key, update):
    return jax.random.normal(key, (8, update.shape[0])) @ update


@fed.computation
def mean_sketch(
    key: fed.Server[Key[Array, ""]], update: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "k"]]:
    return fed.mean(fed.map(sketch, fed.broadcast(key), update))
""",
    ),
)
