"""Which computations call which."""

from __future__ import annotations

from fadc.ir import Call, Computation, Program, walk


def called(program: Program) -> set[str]:
    """The computations that others of the program call."""
    return {
        operation.computation
        for computation in program.computations.values()
        for operation in walk(computation.block)
        if isinstance(operation, Call)
    }


def with_callees(program: Program, name: str) -> list[Computation]:
    """A computation after all that it calls, each once."""
    found: dict[str, Computation] = {}
    for operation in walk(program.computations[name].block):
        if isinstance(operation, Call) and operation.computation not in found:
            found.update({c.name: c for c in with_callees(program, operation.computation)})
    return [*found.values(), program.computations[name]]
