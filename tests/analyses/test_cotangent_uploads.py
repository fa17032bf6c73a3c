"""Cotangents that derivatives upload unclipped, beside programs that clip."""

import pytest

import fadc
from fadc.diagnostics import Diagnostic

HEAD = """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def loss(w, x):
    return jnp.mean((x @ w) ** 2)


def clip(v):
    norm = jnp.sqrt(jnp.sum(v**2) + 1e-12)
    return v * jnp.minimum(1.0, 1.0 / norm)


def clipped_gradient(w, x):
    return clip(jax.grad(loss)(w, x))


@jax.custom_vjp
def clip_cotangent(v):
    return v


clip_cotangent.defvjp(lambda v: (v, None), lambda _, v_bar: (clip(v_bar),))

"""
PROGRAM = """
@fed.computation
def {name}(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
) -> fed.Server:
{body}
"""


def program(body: str, name: str = "program") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return PROGRAM.format(name=name, body=lines)


def unclipped(found: list[Diagnostic], text: str) -> list[str]:
    """The source lines of the reports."""
    assert {each.code for each in found} <= {"FAD504"}
    return [text.splitlines()[each.span.start_line - 1].strip() for each in found]


ROUND = """\
gradient = fed.map(clipped_gradient, {received}, x)
w = w - lr * fed.mean(gradient)
losses = fed.map(loss, {again}, x)
return fed.mean(losses)"""


@pytest.mark.parametrize("mode", [None, "forward"])
def test_no_cotangent_is_uploaded_outside_reverse_mode(mode: str | None) -> None:
    text = HEAD + program(ROUND.format(received="fed.broadcast(w)", again="fed.broadcast(w)"))
    assert fadc.check(text, mode=mode) == []


@pytest.mark.parametrize(
    ("received", "again", "expected"),
    [
        ("fed.broadcast(w)", "fed.broadcast(w)", "gradient ="),
        ("fed.map(clip_cotangent, fed.broadcast(w))", "fed.broadcast(w)", "losses ="),
    ],
)
def test_the_first_unclipped_one_is_reported(received: str, again: str, expected: str) -> None:
    text = HEAD + program(ROUND.format(received=received, again=again))
    (line,) = unclipped(fadc.check(text, mode="reverse"), text)
    assert line.startswith(expected)


def test_clipping_every_cotangent_is_enough() -> None:
    received = "fed.map(clip_cotangent, fed.broadcast(w))"
    text = HEAD + program(ROUND.format(received=received, again=received))
    assert fadc.check(text, mode="reverse") == []


@pytest.mark.parametrize(
    ("upload", "reported"),
    [
        ("fed.mean(gradient)", True),
        ("fed.sum((gradient, gradient))[0]", True),
        ("fed.weighted_mean(gradient, fed.map(len, x))", True),
        ("fed.mean(fed.map(jnp.sin, gradient))", False),
    ],
)
def test_what_is_uploaded_must_be_clipped_itself(upload: str, reported: bool) -> None:
    body = f"""\
gradient = fed.map(clipped_gradient, fed.broadcast(w), x)
return {upload}"""
    text = HEAD + program(body)
    assert bool(unclipped(fadc.check(text, mode="reverse"), text)) is reported


def test_a_request_asks_for_some_cotangents_only() -> None:
    """With respect to the learning rate, only the second broadcast carries a cotangent."""
    received, again = "fed.broadcast(w)", "fed.broadcast(w)"
    text = HEAD + program(ROUND.format(received=received, again=again))
    lines = {
        wrt: unclipped(list(fadc.transform(text, mode="reverse", wrt=wrt).diagnostics), text)
        for wrt in ("w", "lr")
    }
    assert [line.split()[0] for line in lines["w"]] == ["gradient"]
    assert [line.split()[0] for line in lines["lr"]] == ["losses"]
    assert fadc.transform(text, mode="forward", wrt="w").diagnostics == ()


def test_callers_are_reported_not_what_they_call() -> None:
    inner = program("return fed.mean(fed.map(clipped_gradient, fed.broadcast(w), x))", "inner")
    outer = program("for _ in range(3):\n    w = w - lr * inner(w, lr, x)\nreturn w", "outer")
    text = HEAD + inner + outer
    assert unclipped(fadc.check(text, mode="reverse"), text) == [
        "return fed.mean(fed.map(clipped_gradient, fed.broadcast(w), x))"
    ]
