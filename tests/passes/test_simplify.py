"""What simplification removes, read from the IR of derivatives."""

import fadc

HEAD = """
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
"""


def messages(body: str, mode: str = "reverse") -> dict[str, int]:
    """How often the emitted derivative calls each primitive."""
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    emitted = fadc.transform(text, mode=mode, wrt="w").text
    assert emitted
    lines = emitted[emitted.index("@fed.computation") :].splitlines()
    code = "\n".join(line for line in lines if not line.strip().startswith("#"))
    return {name: code.count(f"fed.{name}(") for name in ("broadcast", "sum", "mean")}


def test_dead_message_is_not_sent() -> None:
    """An upload that neither the result nor the derivative needs."""
    dead = "unused = fed.sum(fed.map(jnp.sin, x))\nreturn jnp.sin(w)"
    assert messages(dead) == {"broadcast": 0, "sum": 0, "mean": 0}


def test_value_is_broadcast_once() -> None:
    """Two broadcasts of one value are one, and so is the upload of its cotangent."""
    body = (
        "a = fed.map(jnp.multiply, fed.broadcast(w), x)\n"
        "b = fed.map(jnp.add, fed.broadcast(w), x)\n"
        "return fed.sum(fed.map(jnp.multiply, a, b))"
    )
    found = messages(body)
    assert found == {"broadcast": 2, "sum": 2, "mean": 0}


def test_what_travels_together_is_one_message() -> None:
    """Independent sums of one level are one sum."""
    body = (
        "a = fed.sum(fed.map(jnp.multiply, fed.broadcast(w), x))\n"
        "b = fed.sum(fed.map(jnp.sin, x))\n"
        "return a * b"
    )
    assert messages(body, "forward")["sum"] == 1
