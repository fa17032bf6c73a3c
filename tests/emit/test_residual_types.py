"""Residuals that a reverse sweep hands on have a name in the module."""

import pytest

import fadc
from fadc import pipeline

HEAD = """
import jax.numpy as jnp
from jaxtyping import Array, Float
import fadc as fed


def step(w, x):
    return w * jnp.sin(x)


@fed.computation
def inner(w: fed.Server, x: fed.Clients) -> fed.Server:
    return jnp.tanh(w) - fed.mean(fed.map(step, fed.broadcast(w), x))


"""
NESTED = """
@fed.computation
def outer(w: fed.Server, x: fed.Clients) -> fed.Server:
    w = inner(w, x)
    return inner(w, x)


@fed.computation
def program(w: fed.Server, x: fed.Clients) -> fed.Server:
    return outer(w, x)
"""
FLAT = """
@fed.computation
def program(w: fed.Server, x: fed.Clients) -> fed.Server:
    w = inner(w, x)
    return inner(w, x)
"""
TAKEN = """
InnerResiduals = 0.5


def scaled(w, x):
    return w * x * InnerResiduals

"""


def reverse(text: str, **options: object) -> str:
    done = fadc.transform(text, of="program", wrt=("w",), mode="reverse", **options)
    assert done.text, done.diagnostics
    assert not [
        d for d in pipeline.check(done.text, "derivative.py") if d.severity.value == "error"
    ]
    return done.text


@pytest.mark.parametrize("residuals", ["store", "recompute", "rebroadcast"])
def test_residuals_of_calls_in_calls_have_names(residuals: str) -> None:
    text = reverse(HEAD + NESTED, residuals=residuals)
    assert text.count("InnerResiduals = tuple[") == 1
    assert "def inner_bwd(residuals: InnerResiduals, out_bar: fed.Server)" in text
    assert "InnerResiduals, InnerResiduals" in text
    assert "OuterResiduals" not in text


def test_residuals_that_are_not_handed_on_are_written_out() -> None:
    text = reverse(HEAD + FLAT)
    assert "Residuals" not in text
    assert "residuals: tuple[fed.Server, fed.Clients]" in text


def test_the_names_are_nobody_else_s() -> None:
    mapped = NESTED.replace(
        "return outer(w, x)", "return outer(w, x) + fed.sum(fed.map(scaled, fed.broadcast(w), x))"
    )
    text = reverse(HEAD + TAKEN + mapped)
    assert "InnerResiduals = 0.5" in text
    assert "InnerResiduals_2 = tuple[" in text
    assert "residuals: InnerResiduals_2" in text


def test_the_names_are_taken_over_in_the_second_order() -> None:
    text = reverse(HEAD + NESTED)
    seeds = ("w", "out_bar")
    again = fadc.transform(text, of="program_vjp", wrt=seeds, mode="reverse")
    assert "InnerResiduals = tuple[" in again.text
    assert not [d for d in pipeline.check(again.text, "second.py") if d.severity.value == "error"]
