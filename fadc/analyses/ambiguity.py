"""Programs that do not determine the upload mechanism for the cotangents of their broadcasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fadc.analyses.activity import Dependence, Positions, dependences, inputs_of, outputs_of
from fadc.analyses.calls import called
from fadc.analyses.mechanisms import mechanisms
from fadc.diagnostics import Diagnostic, Severity, make
from fadc.diagnostics.wording import listed
from fadc.ir import Broadcast, Call, Computation, Program, Value, results, slots, walk


def ambiguous_mechanism(program: Program, computation: Computation) -> Diagnostic:
    """The diagnostic that the mechanism of a computation's transposed broadcasts is ambiguous."""
    found = mechanisms(program, computation)
    names = [f"`fed.{name}`" if name == "sum" else f"`{name}`" for name in found]
    words = listed(names or ["no mechanism"])
    return make("FAD302", computation.span, computation=computation.name, mechanisms=words)


def find_ambiguous_mechanisms(program: Program) -> list[Diagnostic]:
    """A warning for each computation that reverse mode would refuse for this reason.

    A called computation inherits its caller's mechanism, so only computations that none calls are
    checked.
    """
    inheriting = called(program)
    mixed = [
        computation
        for name, computation in program.computations.items()
        if name not in inheriting
        and computation.transpose is None
        and len(mechanisms(program, computation)) > 1
    ]
    known = dependences(program) if mixed else {}
    return [
        replace(ambiguous_mechanism(program, computation), severity=Severity.WARNING)
        for computation in mixed
        if any(each.inherits for each in active_broadcasts(program, known, computation.name))
    ]


@dataclass(frozen=True)
class ActiveBroadcast:
    """A broadcast that reverse mode transposes, and whether its mechanism is the caller's."""

    broadcast: Broadcast
    inherits: bool


def active_broadcasts(
    program: Program,
    known: dict[str, Dependence],
    name: str,
    inputs: Positions | None = None,
    outputs: Positions | None = None,
) -> list[ActiveBroadcast]:
    """The broadcasts of a computation that reverse mode transposes, and of all that it calls.

    By default all results are differentiated with respect to all inputs.
    """
    computation = program.computations[name]
    varied = frozenset(range(len(inputs_of(computation)))) if inputs is None else inputs
    useful = frozenset(range(len(outputs_of(computation)))) if outputs is None else outputs
    found: list[ActiveBroadcast] = []
    seen: set[_Visit] = set()
    waiting: list[_Visit] = [(name, varied, useful, True)]
    while waiting:
        visit = waiting.pop()
        if visit not in seen:
            seen.add(visit)
            waiting += _active(program, known, visit, found)
    return found


_Visit = tuple[str, Positions, Positions, bool]


def _active(
    program: Program, known: dict[str, Dependence], visit: _Visit, found: list[ActiveBroadcast]
) -> Iterator[_Visit]:
    """Add the active broadcasts of one computation; its callees are visited next."""
    name, varied, useful, inherits = visit

    def active(value: object) -> bool:
        return isinstance(value, Value) and known[name].is_active(value, varied, useful)

    for operation in walk(program.computations[name].block):
        if isinstance(operation, Broadcast) and any(map(active, operation.results)):
            found.append(ActiveBroadcast(operation, inherits))
        elif isinstance(operation, Call):
            ins = frozenset(i for i, value in enumerate(slots(operation.args)) if active(value))
            outs = frozenset(i for i, value in enumerate(results(operation)) if active(value))
            own = program.computations[operation.computation].transpose is not None
            yield operation.computation, ins, outs, inherits and not own
