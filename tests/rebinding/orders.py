"""A derivation's computations as cases, and the case of the next derivation."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax

from ..correctness import harness
from ..correctness.harness import Case
from .comparisons import is_real
from .derivations import Derivation


def derived_cases(case: Case, text: str, derivation: Derivation) -> list[Case]:
    """The computations of an emitted module, each beside JAX's derivative."""
    if derivation.mode == "forward":
        return [harness.forward_case(case, text, derivation.seed)]
    found = [harness.reverse_case(case, text, derivation.seed)]
    if harness.has_value_and_grad(case, text):
        found.append(harness.value_and_grad_case(case, text))
    return found


def next_case(case: Case, derivation: Derivation) -> tuple[Case, Derivation]:
    """A derivative as a program: by what it was differentiated by, and by its tangents."""
    wrt = case.wrt if derivation.seed % 3 == 0 else case.wrt_and_seeds
    found = dataclasses.replace(case, wrt=wrt, strict=False)
    if derivation.result is None:
        return found, derivation
    results = jax.eval_shape(lambda given: harness.run_reference(case, given), dict(case.arguments))
    if not any(is_real(leaf) for leaf in jax.tree.leaves(results[derivation.result])):
        return found, dataclasses.replace(derivation, result=None)
    return _selecting(found, int(derivation.result)), derivation


def _selecting(case: Case, result: int) -> Case:
    """The case with one of its results differentiated, the others auxiliary."""

    def reference(**keywords: Any) -> Any:
        results = harness.call(case.reference, keywords)
        return results[result], [each for k, each in enumerate(results) if k != result]

    return dataclasses.replace(case, reference=reference, result=result, has_aux=True)
