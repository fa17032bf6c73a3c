"""The upload mechanisms that a computation and its callees use."""

from __future__ import annotations

from fadc.ir import Aggregate, Aggregator, Call, Computation, Program, walk


def mechanisms(program: Program, computation: Computation) -> dict[str, Aggregator]:
    """The mechanisms of a computation and of its callees, in order of first use."""
    found: dict[str, Aggregator] = {}
    _collect(program, computation, found, set())
    return found


def _collect(
    program: Program, computation: Computation, found: dict[str, Aggregator], seen: set[str]
) -> None:
    """Add the mechanisms of a computation, and of those callees that have not been seen."""
    for operation in walk(computation.block):
        if isinstance(operation, Aggregate):
            found.setdefault(operation.aggregator.mechanism, operation.aggregator)
        elif isinstance(operation, Call) and operation.computation not in seen:
            seen.add(operation.computation)
            _collect(program, program.computations[operation.computation], found, seen)


def transpose_mechanism(program: Program, computation: Computation) -> Aggregator | None:
    """The mechanism of transposed broadcasts: the declared one, or the only one there is."""
    if computation.transpose is not None:
        return computation.transpose
    found = mechanisms(program, computation)
    if len(found) != 1:
        return None
    (aggregator,) = found.values()
    return aggregator if aggregator.name else Aggregator("sum")
