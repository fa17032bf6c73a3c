"""Programs that leave open through which mechanism the cotangents of their broadcasts travel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fadc.analyses.activity import Dependence, Positions, dependences, inputs_of, outputs_of
from fadc.analyses.calls import called
from fadc.analyses.mechanisms import mechanisms, transpose_mechanism
from fadc.diagnostics import Diagnostic, Severity, make
from fadc.ir import Broadcast, Call, Computation, Program, Value, results, slots, walk


def ambiguous_mechanism(program: Program, computation: Computation) -> Diagnostic:
    """The report that a computation has no one mechanism for its transposed broadcasts."""
    found = list(mechanisms(program, computation))
    names = [f"`fed.{name}`" if name == "sum" else f"`{name}`" for name in found]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    listed = listed or "no mechanism"
    return make("FAD302", computation.span, computation=computation.name, mechanisms=listed)


def find_ambiguous_mechanisms(program: Program) -> list[Diagnostic]:
    """A warning for each computation that mixes mechanisms and could not be differentiated in reverse.

    A called computation inherits its caller's mechanism, so that only the callers are looked at.
    """
    known = dependences(program)
    inheriting = called(program)
    return [
        replace(ambiguous_mechanism(program, computation), severity=Severity.WARNING)
        for name, computation in program.computations.items()
        if name not in inheriting
        and len(mechanisms(program, computation)) > 1
        and transpose_mechanism(program, computation) is None
        and any(inherited for _, inherited in active_broadcasts(program, known, name))
    ]


def active_broadcasts(
    program: Program,
    known: dict[str, Dependence],
    name: str,
    inputs: Positions | None = None,
    outputs: Positions | None = None,
    inherited: bool = True,
) -> Iterator[tuple[Broadcast, bool]]:
    """The broadcasts that reverse mode transposes, those of called computations too.

    With each comes whether it is the caller who says through which mechanism. By default all
    results are differentiated with respect to all inputs.
    """
    computation = program.computations[name]
    varied = frozenset(range(len(inputs_of(computation)))) if inputs is None else inputs
    useful = frozenset(range(len(outputs_of(computation)))) if outputs is None else outputs

    def active(value: object) -> bool:
        return isinstance(value, Value) and known[name].is_active(value, varied, useful)

    for operation in walk(computation.block):
        if isinstance(operation, Broadcast) and any(map(active, operation.results)):
            yield operation, inherited
        elif isinstance(operation, Call):
            ins = frozenset(i for i, value in enumerate(slots(operation.args)) if active(value))
            outs = frozenset(i for i, value in enumerate(results(operation)) if active(value))
            own = program.computations[operation.computation].transpose is not None
            yield from active_broadcasts(
                program, known, operation.computation, ins, outs, inherited and not own
            )
