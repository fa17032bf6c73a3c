"""The calls between computations."""

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
    """A computation preceded by all that it calls, each once."""
    wanted, waiting = {name}, [name]
    while waiting:
        for operation in walk(program.computations[waiting.pop()].block):
            if isinstance(operation, Call) and operation.computation not in wanted:
                wanted.add(operation.computation)
                waiting.append(operation.computation)
    return [computation for key, computation in program.computations.items() if key in wanted]
