"""The dot-product test: ⟨J v, u⟩ = ⟨v, Jᵀ u⟩ for the emitted derivatives of one program."""

from __future__ import annotations

import fadc

from ..correctness import harness
from ..correctness.harness import Case
from .refusals import errors


def other_transpose(case: Case, seed: int) -> str | None:
    """How forward and reverse mode disagree; None if they agree, or if there is no forward mode."""
    texts = []
    for mode in ("forward", "reverse"):
        found = fadc.transform(case.text, mode=mode, of=case.name, wrt=case.wrt, result=case.result)
        if errors(found.diagnostics):
            return None
        texts.append(found.text)
    jvp = harness.forward_case(case, texts[0], seed)
    vjp = harness.reverse_case(case, texts[1], seed)
    try:
        harness.assert_transposes(jvp, vjp)
    except AssertionError as error:
        return str(error)
    return None
