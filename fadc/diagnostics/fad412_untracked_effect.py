"""FAD412: fadc allows untracked-effect."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD412",
    name="untracked-effect",
    severity=Severity.ERROR,
    waivable=True,
    message=("`{callee}` in `{function}` runs once, while JAX traces it, and not for each client"),
    help=(
        "give `{function}` what it needs as an argument, and random numbers as a key for "
        "`jax.random`"
    ),
    why=(
        "A mapped function is traced once for all clients. The numbers of `random`, the "
        "time and the content of a file become constants, the same at every client, in "
        "every later round and in the derivative, where a second trace may even see "
        "others; and a file or a terminal is a way out of the client past every "
        "primitive."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    noise = np.random.normal(size=x.shape)
    return jnp.mean(((x + noise) @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        marked="np.random.normal(size=x.shape)",
        message=(
            "`numpy.random.normal` in `client_loss` runs once, while JAX traces it, and "
            "not for each client"
        ),
        help=(
            "give `client_loss` what it needs as an argument, and random numbers as a key "
            "for `jax.random`"
        ),
    ),
    near_misses=(
        """\
import random
import time

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

import fadc as fed

SEED = random.randrange(2**31)


def client_loss(w, key, x, y):
    noise = jax.random.normal(key, x.shape)
    return jnp.mean(((x + noise) @ w - y) ** 2)


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    key: fed.Clients[Key[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), key, x, y))


def main(w, key, x, y):
    start = time.perf_counter()
    print(mean_loss(w, key, x, y), time.perf_counter() - start, SEED)
""",
    ),
)
