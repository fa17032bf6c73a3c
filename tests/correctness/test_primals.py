"""What is emitted computes the program's own results, bit for bit, whatever is rewritten around them.

Where JAX's own `jax.jvp` or `jax.vjp` of the program gives another last bit than the program run eagerly (what
JAX traces it compiles in another way, as `v / 3`), a result may have the bits of either.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from ..programs.catalogue import PROGRAMS, Program
from . import harness
from .harness import Case, Step

STEPS = {
    "forward": Step("forward"),
    "store": Step("reverse"),
    "recompute": Step("reverse", "recompute"),
    "rebroadcast": Step("reverse", "rebroadcast"),
    "checkpoint": Step("reverse", checkpoint=2),
    "mixed": Step("mixed", accumulate=(("all", "jacobian"),)),
}
BRIEF = (
    "adam_by_hand",
    "call_in_a_loop",
    "loop_nested",
    "num_clients",
    "primitives_on_tuples",
    "rebinding",
    "static_if_with_primitives",
    "tape_returned",
    "weighted_mean",
    "weighted_mean_like_mean",
)
"""Programs that the default suite holds; `--slow` holds them all."""


def cells() -> list[Any]:
    return [
        pytest.param(
            program,
            step,
            marks=[] if program.name in BRIEF and not program.variant else [pytest.mark.slow],
            id=f"{program.id}-{step}",
        )
        for program in PROGRAMS
        for step in STEPS
    ]


def bits(value: Any) -> tuple[Any, bytes]:
    """The type of a result, and its bits."""
    if jax.dtypes.issubdtype(jax.dtypes.result_type(value), jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    return jax.typeof(value), np.asarray(value).tobytes()


def primals_of(case: Case, made: Any) -> list[Any]:
    """The primal results of a derivative, as a plain list: what is differentiated, then the others."""
    if case.name.endswith("_value_and_grad"):
        return jax.tree.leaves(made[0])
    return jax.tree.leaves([made[0], *made[2:]])


def assert_primals_kept(program: Program, step: str, seed: int) -> None:
    """Compares what is emitted with the program, run on random arguments."""
    case = harness.primal_case(program, 3, seed)
    done = harness.transform(case, STEPS[step])
    if harness.errors(done.diagnostics):
        pytest.skip("the mode does not have this program")
    make = harness.forward_case if step == "forward" else harness.reverse_case
    cases = [make(case, done.text, seed=1)]
    if step != "forward" and harness.has_value_and_grad(case, done.text):
        cases.append(harness.value_and_grad_case(case, done.text))
    own = jax.tree.leaves(harness.run_reference(case, case.arguments))
    for derived in cases:
        traced = primals_of(derived, harness.expected_results(derived, eager=True))
        found = primals_of(derived, harness.run_eagerly(derived, derived.arguments))
        for each, *either in zip(found, own, traced, strict=True):
            assert bits(each) in map(bits, either), (derived.name, each, *either)


@pytest.mark.parametrize(("program", "step"), cells())
def test_primal_results_are_the_program_s(program: Program, step: str) -> None:
    for name in program.needs:
        pytest.importorskip(name)
    assert_primals_kept(program, step, seed=0)


def test_weighted_means_divide() -> None:
    """On some of these inputs `total / total_weight` and `(1 / total_weight) * total` differ."""
    (program,) = (each for each in PROGRAMS if each.id == "weighted_mean")
    for seed in range(12):
        assert_primals_kept(program, "store", seed)
