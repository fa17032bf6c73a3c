"""The record of a run: every message, what it holds, and the round it belongs to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed
from fadc.engines import record

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


@fed.computation
def two_rounds(w: fed.Server, x: fed.Clients):
    """A pytree down, two uploads through two mechanisms; then one more round."""
    sent = fed.broadcast({"w": w, "half": jnp.float16(0.5), "name": "relu", "none": None})
    up = fed.map(lambda sent, x: (sent["w"] * x.sum(), x), sent, x)
    total, _ = fed.mean(up)
    count = secure_sum(x)
    again = fed.map(jnp.dot, fed.broadcast(total), x)
    return fed.sum(again), count


@pytest.fixture
def arguments():
    return jnp.ones(3, jnp.float32), jnp.ones((4, 3), jnp.float32)


def test_every_message_is_there(arguments):
    with record() as run:
        two_rounds(*arguments)
    assert [(m.direction, m.primitive, m.mechanism, m.round, m.bytes) for m in run.messages] == [
        ("down", "broadcast", "", 1, 12 + 2),
        ("up", "mean", "sum", 1, 12 + 12),
        ("up", "sum", "secure_sum", 1, 12),
        ("down", "broadcast", "", 2, 12),
        ("up", "sum", "sum", 2, 4),
    ]
    assert (run.rounds, run.down, run.up) == (2, 26, 40)


def test_parts_are_those_of_one_client(arguments):
    with record() as run:
        two_rounds(*arguments)
    parts = {part.path: (part.shape, part.dtype) for part in run.messages[0].parts}
    assert parts == {"['half']": ((), "float16"), "['w']": ((3,), "float32")}
    assert [part.elements for part in run.messages[1].parts] == [3, 3]


def test_recording_changes_no_result(arguments):
    plain = two_rounds(*arguments)
    with record():
        recorded = two_rounds(*arguments)
    assert all(np.array_equal(*pair) for pair in zip(plain, recorded, strict=True))


def test_a_traced_function_is_traced_again(arguments):
    jitted = jax.jit(two_rounds)
    jitted(*arguments)
    with record() as first:
        jitted(*arguments)
    with record() as second:
        jitted(*arguments)
    assert len(first.messages) == len(second.messages) == 5


def test_recordings_nest(arguments):
    with record() as outer:
        two_rounds(*arguments)
        with record() as inner:
            two_rounds(*arguments)
    assert len(inner.messages) == 5
    assert (len(outer.messages), outer.rounds) == (10, 4)


def test_nothing_is_sent_for_what_both_sides_know():
    @fed.computation
    def silent(x: fed.Clients):
        zeros = np.zeros((3,), jax.dtypes.float0)
        sent = fed.broadcast((zeros, None, "relu"))
        return fed.sum(sent[0])

    with record() as run:
        silent(jnp.ones((4, 2)))
    assert (run.messages, run.rounds, run.down, run.up) == ([], 0, 0, 0)
