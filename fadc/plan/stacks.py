"""The operations through which a stack of tangents cannot be pushed."""

from __future__ import annotations

from collections.abc import Iterator

from fadc.ir import (
    Apply,
    Block,
    Branch,
    Builtin,
    Call,
    Loop,
    Operation,
    Placement,
    Program,
    placement,
    walk,
)


def admits_stacks(operation: Operation, program: Program) -> bool:
    """Whether stacks of tangents can be pushed through an operation and all inside it.

    A stack has one more axis than its value, so rows of an array are not rows of its stack. Stacks
    of zeros are made after a stack at the server, so clients cannot start with zeros in a loop or a
    branch.
    """
    return all(_admits(inner) for inner in _reached(operation, program))


def _reached(operation: Operation, program: Program) -> Iterator[Operation]:
    """An operation, and all operations inside it and in computations called there, each once."""
    seen: set[str] = set()
    waiting: list[Block] = [(operation,)]
    while waiting:
        for inner in walk(waiting.pop()):
            yield inner
            if isinstance(inner, Call) and inner.computation not in seen:
                seen.add(inner.computation)
                waiting.append(program.computations[inner.computation].block)


def _admits(operation: Operation) -> bool:
    match operation:
        case Apply(function=Builtin(name=name, detail=detail), placement=where):
            if name == "item":
                return detail.startswith("[")
            return name not in ("unpack", "as_tape") and (
                name != "pack" or where is not Placement.CLIENTS
            )
        case Loop(carried=carried):
            return all(placement(c.param.type) is not Placement.CLIENTS for c in carried)
        case Branch(choices=choices):
            return all(placement(c.output.type) is not Placement.CLIENTS for c in choices)
    return True
