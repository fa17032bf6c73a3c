"""Names of the parameters that a derivative has in addition to its primal's."""

from __future__ import annotations

from fadc.ir import Apply, Computation, Expression, Mapped, walk
from fadc.ir.source_text import parsed
from fadc.syntax.source.names import free_names, fresh


def taken_names(computation: Computation) -> set[str]:
    """The names of a computation's parameters, and the module's names that its local code reads."""
    found = {parameter.name for parameter in computation.parameters}
    for operation in walk(computation.block):
        match operation:
            case Apply(function=Mapped(source=source, captures=own)):
                found |= _globals(source, own)
            case Apply(function=Expression(source=source, parameters=own)):
                found |= _globals(source, own)
    return found


def _globals(source: str, own: tuple[str, ...]) -> set[str]:
    return set(free_names(parsed(source))).difference(own)


def free_name(name: str, known: set[str]) -> str:
    """The name if it is not taken, else the name with the first free number."""
    found = fresh(name, known)
    known.add(found)
    return found
