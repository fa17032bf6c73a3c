"""What must hold of a random program and of a derivation of it; what does not is a `Failure`."""

from __future__ import annotations

import ast
import dataclasses
import re
from random import Random
from typing import Any

import jax
import jax.numpy as jnp

import fadc
from fadc.errors import UsageError

from ..correctness import harness
from ..correctness.harness import Case
from .comparisons import BLURRED, EXACT, NotFiniteError, dtype, other_bits, other_values
from .derivations import Derivation
from .dot_products import other_transpose
from .mechanisms import foreign
from .orders import derived_cases, next_case
from .programs import RandomProgram
from .reformatting import reformatted
from .refusals import PLANS, errors, is_documented


@dataclasses.dataclass(frozen=True)
class Failure:
    """What does not hold.

    Attributes:
        kind: what is wrong, without names and numbers: equal for equal faults.
        message: what is wrong.
        emitted: the derivative, or "".
    """

    kind: str
    message: str
    emitted: str = ""


NO_PROGRAM = "no program"
"""It does not run, and the check refuses it."""

REFUSED = "check refuses"
"""It runs, and the check refuses it."""


@dataclasses.dataclass(frozen=True)
class Refused:
    """A documented refusal, or a derivative that is not finite."""

    reason: str


class Stopped(Exception):
    """Carries a verdict out of an examination."""

    def __init__(self, verdict: Failure | Refused) -> None:
        super().__init__(verdict)
        self.verdict = verdict


def fault_of_program(program: RandomProgram) -> Failure | None:
    """Why it is no program: the check refuses it, though it may run, or it does not run."""
    try:
        found = errors(fadc.check(program.source))
    except Exception as error:  # noqa: BLE001
        return _raised("check raises", error)
    try:
        case = case_of(program)
        harness.run_eagerly(case, case.arguments)
    except Exception as error:  # noqa: BLE001
        return Failure(NO_PROGRAM, "") if found else _raised("it does not run", error)
    return _complaint(REFUSED, found) if found else None


def case_of(program: RandomProgram, result: int | str | None = None) -> Case:
    """The program with random arguments."""
    return harness.source_case(
        program.source,
        program.of,
        program.arguments(),
        wrt=program.wrt,
        static=program.static,
        result=result,
    )


def examine(program: RandomProgram, derivation: Derivation) -> Failure | Refused | None:
    """Derives the program, to the second order if that is asked for, and compares with JAX."""
    blurred = "bfloat16" in program.source.lower() or _has_halves(program)
    tolerance = BLURRED if blurred else EXACT
    try:
        _derive(case_of(program, derivation.result), derivation, program.source, tolerance)
    except Stopped as stopped:
        return stopped.verdict
    except NotFiniteError:
        return Refused("not finite")
    except Exception as error:  # noqa: BLE001
        return _raised("the examination raises", error)
    return None


def _has_halves(program: RandomProgram) -> bool:
    """Whether an argument is bfloat16, which the annotations may leave open."""
    return any(dtype(each) == jnp.bfloat16 for each in jax.tree.leaves(program.arguments()))


def _derive(
    case: Case, derivation: Derivation, source: str, tolerance: float, order: str = ""
) -> None:
    """One derivation of a program or of a derivative of it, and what follows."""
    text = _transformed(case, case.text, derivation, source, order)
    _inspect(case, text, derivation, source, order)
    derived = derived_cases(case, text, derivation)
    for each in derived:
        _compare(case, each, tolerance, order)
    if derivation.transposes and tolerance == EXACT:
        found = other_transpose(case, derivation.seed)
        if found is not None:
            raise Stopped(Failure(f"{order}dot-product test", found, text))
    if derivation.again is not None:
        chosen = derived[derivation.seed % len(derived)]
        again, further = next_case(chosen, derivation.again)
        _derive(again, further, source, tolerance, f"{order}second order, ")


def _transformed(case: Case, text: str, derivation: Derivation, source: str, order: str) -> str:
    """What is emitted. Raises Stopped where nothing is."""
    try:
        found = transform(case, text, derivation)
    except UsageError as error:
        if derivation.accumulate and any(each in str(error) for each in PLANS):
            raise Stopped(Refused("--accumulate")) from error
        raise Stopped(_raised(f"{order}transform says", error)) from error
    except Exception as error:
        raise Stopped(_raised(f"{order}transform raises", error)) from error
    refusals = errors(found.diagnostics)
    if refusals and is_documented({each.code for each in refusals}, derivation, source):
        raise Stopped(Refused(refusals[0].code))
    if refusals or not found.text:
        raise Stopped(_complaint(f"{order}transform refuses", refusals))
    return found.text


def transform(case: Case, text: str, derivation: Derivation) -> fadc.Transformed:
    """Transforms the text of a case, or one that says the same."""
    return fadc.transform(
        text,
        mode=derivation.mode,
        of=case.name,
        wrt=case.wrt,
        result=derivation.result,
        residuals=derivation.residuals,
        checkpoint=derivation.checkpoint,
        cost={name: float(value) for name, value in derivation.cost},
        dims={name: int(value) for name, value in derivation.dims},
        accumulate=dict(derivation.accumulate),
    )


def _inspect(case: Case, text: str, derivation: Derivation, source: str, order: str) -> None:
    """The emitted module is a program, with no other primitives, however the source is formatted."""
    try:
        complaints = errors(fadc.check(text))
    except Exception as error:
        raise Stopped(_raised(f"{order}its check raises", error, text)) from error
    if complaints:
        raise Stopped(_complaint(f"{order}its check", complaints, text))
    unknown = foreign(source, text)
    if unknown:
        listed = ", ".join(sorted(unknown))
        raise Stopped(Failure(f"{order}primitives", f"it uses {listed}", text))
    if not derivation.reformats:
        return
    other = reformatted(Random(derivation.seed), case.text)
    emitted = _transformed(case, other, derivation, source, f"{order}formatted otherwise, ")
    if _without_comments(emitted) != _without_comments(text):
        raise Stopped(Failure(f"{order}formatting", f"{other}\n\n{emitted}", text))


def _without_comments(text: str) -> list[str]:
    """The statements of a module; where an import stands among the others is a matter of comments."""
    body = ast.parse(text).body
    imports = [ast.dump(each) for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    others = [ast.dump(each) for each in body if not isinstance(each, ast.Import | ast.ImportFrom)]
    return [*sorted(imports), *others]


def _compare(case: Case, derived: Case, tolerance: float, order: str) -> None:
    """It runs; its primal results are the program's to the bit, and the others are JAX's.

    To the bit are they where JAX's own are: it compiles a function and its derivative differently.
    """
    what = f"{order}{derived.name.removeprefix(f'{case.name}_')}"
    try:
        expected = harness.run_reference(derived, derived.arguments)
    except Exception as error:
        raise Stopped(_raised(f"{what}: JAX raises", error, derived.text)) from error
    try:
        actual = harness.run_eagerly(derived, derived.arguments)
    except Exception as error:
        raise Stopped(_raised(f"{what} does not run", error, derived.text)) from error
    if not order:
        primal = harness.run_reference(case, case.arguments)
        exact = other_bits(_primal_results(expected, case), primal) is None
        other = other_bits(_primal_results(actual, case), primal) if exact else None
        if other is not None:
            raise Stopped(_difference(f"{what} primal", other, derived.text))
    other = other_values(actual, expected, tolerance)
    if other is not None:
        raise Stopped(_difference(f"{what} derivative", other, derived.text))


def _primal_results(actual: Any, case: Case) -> Any:
    """The program's own results among those of its derivative: `out, out_dot, aux` or the like."""
    return (actual[0], actual[2]) if case.has_aux and len(actual) == 3 else actual[0]


# What is said of failures ----------------------------------------------------------------------


def _raised(what: str, error: Exception, emitted: str = "") -> Failure:
    told = f"{type(error).__name__}: {error}"
    return Failure(f"{what}: {_without_names(told)}", told, emitted)


def _complaint(what: str, diagnostics: list[Any], emitted: str = "") -> Failure:
    told = [f"{each.code} {each.message}, line {each.span.start_line}" for each in diagnostics]
    kind = f"{what}: {_without_names(told[0])}" if told else what
    return Failure(kind, "; ".join(told), emitted)


def _difference(what: str, told: str, emitted: str) -> Failure:
    return Failure(f"{what}: {told.partition(':')[0]}", told, emitted)


def _without_names(message: str) -> str:
    """A message without what is said of one program only."""
    short = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|<[^>]*>", "…", message.splitlines()[0])
    return re.sub(r"(?<!FAD)(?<!\d)\d+", "#", short)[:120]
