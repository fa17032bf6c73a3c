"""What a stack of tangents cannot be pushed through: it has one axis more than its value."""

from __future__ import annotations

from fadc.ir import (
    Apply,
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

    Rows of an array are not rows of a stack. Zeros take their number from a stack at the server, so
    clients that start with none, in a loop or a branch, cannot make them.
    """
    for inner in walk((operation,)):
        if isinstance(inner, Call):
            callee = program.computations[inner.computation]
            if not all(admits_stacks(each, program) for each in callee.block):
                return False
        elif not _admits(inner):
            return False
    return True


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
