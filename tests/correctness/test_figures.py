"""Means of integers: their tangents are zeros, which are floats as the means are, at the server.

What is mapped gives integers the tangent of JAX's, float0; a mean of it says nothing of its dtype.
"""

import jax.numpy as jnp
import numpy as np
import pytest

import fadc
from fadc.engines import record

from ..programs.staged.catalogue import STAGED
from . import harness
from .harness import Step

HEAD = """\
import jax
import jax.numpy as jnp
import fadc as fed
mean = fed.aggregator("secure_mean", like=fed.mean)


def evaluation(w, x):
    predictions = jnp.tanh(x * w)
    return jnp.mean(predictions**2), jnp.sum(predictions > 0)


@jax.custom_jvp
def straight(w):
    return (w > 0) * 1.0


@straight.defjvp
def straight_jvp(primals, tangents):
    return straight(*primals), tangents[0]


@fed.computation
def inner(w: fed.Server, x: fed.Clients) -> fed.Server:
    loss, count = fed.map(evaluation, fed.broadcast(w), x)
    return fed.mean(loss) * fed.mean(count)


@fed.computation
def program(w: fed.Server, x: fed.Clients) -> RESULT:
"""
BOTH = "loss, count = fed.map(evaluation, fed.broadcast(w), x)\n"
BODIES = {
    "used": f"{BOTH}return fed.mean(loss) + jnp.sin(fed.mean(count)) * jnp.sum(w)",
    "returned": f"{BOTH}return fed.mean(loss), fed.mean(count)",
    "packed": "both = fed.mean(fed.map(evaluation, fed.broadcast(w), x))\nreturn both[0] * both[1]",
    "declared": f"{BOTH}return mean(loss) * mean(count) + 0.5 * mean(count)",
    "sums": f"{BOTH}return fed.sum(loss) * fed.sum(count)",
    "in a loop": """\
total = 0.0
for _ in range(3):
    loss, count = fed.map(evaluation, fed.broadcast(w), x)
    total = total + fed.mean(loss) * fed.mean(count)
    w = w * 0.9
return total""",
    "called": "return inner(w, x) + inner(w * 2.0, x)",
    "cast": """\
c = fed.map(lambda w, x: jnp.exp(w * x).astype(int), fed.broadcast(w), x)
return jnp.sum(fed.mean(c) * w)""",
    "that only seem so": """\
c = fed.map(lambda w: straight(w), fed.broadcast(w))
return jnp.sum(fed.mean(c) * w)""",
}


def source(name: str) -> str:
    """The program with one of these bodies."""
    result = "tuple[fed.Server, fed.Server]" if name == "returned" else "fed.Server"
    lines = "".join(f"    {line}\n" for line in BODIES[name].splitlines())
    return HEAD.replace("RESULT", result) + lines


@pytest.mark.parametrize("name", BODIES)
def test_forward_mode(name: str) -> None:
    draw = np.random.default_rng(1)
    arguments = {"w": jnp.asarray(draw.normal(size=4)), "x": jnp.asarray(draw.normal(size=(3, 4)))}
    case = harness.source_case(source(name), "program", arguments, wrt=("w",))
    for derived in harness.derive(case, Step("forward"), eager=True):
        again = fadc.transform(derived.text, mode="reverse", of="program_jvp", wrt="w")
        assert again.text


def test_mixed_mode_pushes_a_stack_of_tangents_through_a_count() -> None:
    program = next(each for each in STAGED if each.name == "counted")
    case = harness.source_case(program.source, program.of, program.arguments(3), wrt=program.wrt)
    told = (("all", "pushforward"),)
    harness.derive(case, Step("mixed", accumulate=told))


def test_the_tangent_of_a_count_is_no_message() -> None:
    """It is zero for everybody; at the server it is a float, as the mean of the count is."""
    text = fadc.transform(source("returned"), mode="forward", of="program", wrt="w").text
    module = harness.load(text, "program_jvp")
    w, x = jnp.ones(4), jnp.ones((3, 4))
    with record() as run:
        (_, count), (_, count_dot) = module.program_jvp(w, x, w_dot=w)
    assert (count_dot.dtype, float(count_dot)) == (count.dtype, 0.0)
    (up,) = [message for message in run.messages if message.direction == "up"]
    assert up.bytes == 3 * 8
