"""Every program of the catalogue runs as it stands, and JAX can differentiate it."""

import jax
import pytest

from ..programs.catalogue import FOLDER, PROGRAMS, Program
from . import harness

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)


@every_program
def test_primal_runs(program: Program) -> None:
    """At two client counts under jit, at one of them eagerly, too, with finite results."""
    for name in program.needs:
        pytest.importorskip(name)
    for clients in (2, 5):
        case = harness.primal_case(program, clients)
        case = harness.dataclasses.replace(case, result=None, has_aux=False)
        if clients == 2:
            eager = harness.run_eagerly(case, case.arguments)
            harness.assert_close(case.results, eager, program.id)
        reals = [leaf for leaf in jax.tree.leaves(case.results) if harness.is_real(leaf)]
        assert reals
        assert all(abs(leaf).max() < 1e3 for leaf in map(jax.numpy.asarray, reals) if leaf.size)


def test_every_file_is_in_the_catalogue() -> None:
    """A program that nobody differentiates proves nothing."""
    files = {path.stem for path in FOLDER.glob("*.py")} - {"catalogue", "__init__"}
    assert files == {program.name for program in PROGRAMS}


def test_identifiers_are_unique() -> None:
    """Entries of one file are told apart by their variant."""
    identifiers = [program.id for program in PROGRAMS]
    assert len(set(identifiers)) == len(identifiers)
