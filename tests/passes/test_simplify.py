"""What simplification removes, read from the IR of derivatives."""

import fadc

HEAD = """
import jax
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


def test_what_was_aggregated_is_not_aggregated_again() -> None:
    """Two weighted means by the same weights upload these once, in one message with the first."""
    body = (
        "a = fed.weighted_mean(fed.map(jnp.multiply, fed.broadcast(w), x), x)\n"
        "b = fed.weighted_mean(fed.map(jnp.add, fed.broadcast(a), x), x)\n"
        "return a * b"
    )
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    emitted = fadc.transform(text, mode="forward", wrt="w").text
    sums = [line for line in emitted.splitlines() if "fed.sum(" in line]
    assert len(sums) == 2
    assert "total_weight" in emitted
    assert "total_weight_2" not in emitted


def test_zeros_of_a_value_s_shape_carry_no_derivative() -> None:
    """Neither they nor the names in them are kept as pullbacks."""
    body = "start = {0}(w)\nreturn w * fed.sum(fed.map(jnp.multiply, fed.broadcast(start), x))"
    assert messages(body.format("jnp.zeros_like")) == {"broadcast": 1, "sum": 1, "mean": 0}
    assert messages(body.format("jnp.sin"))["broadcast"] == 2
    mapped = body.format("jnp.zeros_like").replace(
        "jnp.zeros_like(", "jax.tree.map(jnp.ones_like, "
    )
    assert messages(mapped) == {"broadcast": 1, "sum": 1, "mean": 0}
