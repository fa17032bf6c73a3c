"""The verifier notices broken IR."""

from dataclasses import replace

import pytest

from fadc.ir import Broadcast, Computation
from fadc.ir.verifier import VerificationError, verify
from fadc.syntax.computations import read_program

SOURCE = """
import jax.numpy as jnp
import fadc as fed


@fed.computation
def program(w: fed.Server, x: fed.Clients) -> fed.Server:
    y = fed.map(jnp.multiply, fed.broadcast(w), x)
    return w - fed.mean(y)
"""


@pytest.fixture
def program() -> Computation:
    """A computation that is as it should be."""
    return read_program(SOURCE, "program.py").program.computations["program"]


def test_good_ir_passes(program: Computation) -> None:
    """Nothing is wrong with what the front end makes."""
    verify(program)


def test_read_before_definition(program: Computation) -> None:
    """Operations in the wrong order."""
    with pytest.raises(VerificationError, match="read before it is defined"):
        verify(replace(program, block=program.block[::-1]))


def test_defined_twice(program: Computation) -> None:
    """SSA: one definition for each value."""
    with pytest.raises(VerificationError, match="defined twice"):
        verify(replace(program, block=(program.block[0], *program.block)))


def test_wrong_placement(program: Computation) -> None:
    """A broadcast of a client value."""
    first = program.block[0]
    assert isinstance(first, Broadcast)
    (client,) = program.parameters[1:]
    wrong = replace(first, values=(client.tree,))
    with pytest.raises(VerificationError, match="is at clients"):
        verify(replace(program, block=(wrong, *program.block[1:])))
