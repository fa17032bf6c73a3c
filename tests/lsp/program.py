"""Programs for the tests of the editor server, and places in their texts."""

ROUND = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)
RATE = 0.5


@fed.computation
def total(v: fed.Clients[Float[Array, "d"]]) -> fed.Server[Float[Array, "d"]]:
    'The sum of all.'
    return secure_sum(v)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    pair: tuple[fed.Server, fed.Clients[Float[Array, "n d"]]],
    steps: int = 3,
) -> fed.Server[Float[Array, "d"]]:
    decay, x = pair
    history = []
    for step in range(steps):
        w_at_clients = fed.broadcast(w)
        g = fed.mean(fed.map(jnp.dot, x, w_at_clients))
        w = w - RATE * g
        history.append(w)
    w *= decay
    moved = fed.map(lambda x: 2.0 * x, fed.broadcast(w))
    return jnp.sum(jnp.stack(history)) + total(moved)
"""

WRONG = """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(lambda w, x: len("🐍") * w * x, w, x)
    return fed.mean(losses)
"""
"""FAD202 stands on line 10, behind a character of two UTF-16 units."""

REPEATED = """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(lambda w, x: len("🐍") * w * x, fed.broadcast(w), x)
    squares = fed.map(lambda w: 2.0 * w**2, fed.broadcast(w))
    return fed.mean(losses) + fed.mean(squares)
"""
"""FAD502 stands on line 11; a comment can waive it."""

RIGHT = WRONG.replace("x, w, x)", "x, fed.broadcast(w), x)")


def place_of(source: str, line: str, marked: str) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of a text in the only line that holds `line`."""
    ((number, content),) = [
        (number, each) for number, each in enumerate(source.split("\n"), 1) if line in each
    ]
    return number, content.index(marked, content.index(line))
