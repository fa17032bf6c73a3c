"""A small program that fails as a large one does."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

from . import reductions
from .derivations import Derivation
from .examination import Failure, examine, fault_of_program
from .programs import RandomProgram


@dataclasses.dataclass(frozen=True)
class Failing:
    """A program that fails; without a derivation it is none, though it should be.

    Attributes:
        failure: how it fails.
    """

    program: RandomProgram
    derivation: Derivation | None
    failure: Failure


Pair = tuple[RandomProgram, Derivation | None]


def verdict(program: RandomProgram, derivation: Derivation | None) -> Failure | None:
    """How it fails, if it does; a derivation of what is no program does not count."""
    fault = fault_of_program(program)
    if derivation is None or fault is not None:
        return fault if derivation is None else None
    found = examine(program, derivation)
    return found if isinstance(found, Failure) else None


def shrunk(failing: Failing, seconds: float) -> Failing:
    """The smallest program that is found in this time and fails in the same way."""
    end = time.monotonic() + seconds
    before = None
    while before != failing and time.monotonic() < end:
        before = failing
        for reduce in PASSES if failing.derivation else PLACING:
            failing = _reduced(failing, reduce, end)
    return failing


def _reduced(failing: Failing, reduce: Callable[[Failing], Iterator[Pair]], end: float) -> Failing:
    """Takes every reduction of one sort that keeps the failure, one after another."""
    position = 0
    while time.monotonic() < end:
        for number, candidate in enumerate(reduce(failing)):
            if number < position or time.monotonic() >= end:
                continue
            found = _failure(candidate, failing)
            if found is not None:
                failing, position = found, number
                break
        else:
            return failing
    return failing


def _failure(candidate: Pair, failing: Failing) -> Failing | None:
    """The candidate, if it fails in the same way."""
    program, derivation = candidate
    if candidate == (failing.program, failing.derivation) or not program.wrt:
        return None
    try:
        found = verdict(program, derivation)
    except Exception:  # noqa: BLE001  A reduction may make anything.
        return None
    same = found is not None and found.kind == failing.failure.kind
    return Failing(program, derivation, found) if found is not None and same else None


# Sorts of reductions ----------------------------------------------------------------------------


def _of_text(texts: Callable[[str], Iterator[str]]) -> Callable[[Failing], Iterator[Pair]]:
    def reduce(failing: Failing) -> Iterator[Pair]:
        for text in texts(failing.program.source):
            yield dataclasses.replace(failing.program, source=text), failing.derivation

    return reduce


def _of_derivation(failing: Failing) -> Iterator[Pair]:
    """Plainer options."""
    if failing.derivation is None:
        return
    for found in _plainer(failing.derivation):
        yield failing.program, found
    again = failing.derivation.again
    if again is not None:
        for found in _plainer(again):
            yield failing.program, dataclasses.replace(failing.derivation, again=found)
    if len(failing.program.wrt) > 1:
        for name in failing.program.wrt:
            program = dataclasses.replace(failing.program, wrt=(name,))
            yield program, dataclasses.replace(failing.derivation, wrt=(name,))


def _plainer(derivation: Derivation) -> Iterator[Derivation]:
    plain = Derivation(derivation.mode, None)
    for field in dataclasses.fields(Derivation):
        if field.name not in ("mode", "wrt", "seed"):
            value = getattr(plain, field.name)
            if getattr(derivation, field.name) != value:
                yield dataclasses.replace(derivation, **{field.name: value})
    if derivation.mode == "mixed":
        plans = {"dims": (), "cost": (), "accumulate": ()}
        yield dataclasses.replace(derivation, mode="reverse", **plans)  # type: ignore[arg-type]


def _of_parameters(failing: Failing) -> Iterator[Pair]:
    """Fewer parameters."""
    program = failing.program
    names = [*(name for name, _ in program.parameters), *program.static]
    for name in names:
        wrt = tuple(each for each in program.wrt if each != name)
        changed = dataclasses.replace(
            program,
            source=reductions.without_parameter(program.source, program.of, name),
            parameters=tuple(pair for pair in program.parameters if pair[0] != name),
            static={each: value for each, value in program.static.items() if each != name},
            wrt=wrt,
        )
        derivation = failing.derivation
        yield changed, derivation and dataclasses.replace(derivation, wrt=wrt)


def _of_results(failing: Failing) -> Iterator[Pair]:
    """Fewer results; the number of the one that is differentiated may change by it."""
    for text, function, index in reductions.fewer_results(failing.program.source):
        program = dataclasses.replace(failing.program, source=text)
        derivation = failing.derivation
        yield program, derivation
        if derivation and function == program.of and isinstance(derivation.result, int):
            if derivation.result > index:
                yield program, dataclasses.replace(derivation, result=derivation.result - 1)


PLACING: tuple[Callable[[Failing], Iterator[Pair]], ...] = (
    _of_text(reductions.without_comments),
    _of_text(reductions.fewer_statements),
    _of_parameters,
)
"""Those that seldom make a program that is refused for good reason of one that is not."""

PASSES: tuple[Callable[[Failing], Iterator[Pair]], ...] = (
    _of_text(reductions.without_comments),
    _of_derivation,
    _of_text(reductions.fewer_statements),
    _of_results,
    _of_parameters,
    _of_text(reductions.shorter_expressions),
    _of_text(reductions.simpler_functions),
)
