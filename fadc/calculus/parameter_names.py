"""What the parameters are called that derivatives have beside those of their primals."""

from __future__ import annotations

from fadc.ir import Apply, Computation, Expression, Mapped, walk
from fadc.ir.source_text import parsed
from fadc.syntax.source.names import free_names, fresh


def taken_names(computation: Computation) -> set[str]:
    """The names of its parameters, and those that its local code reads of its module."""
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
    """A parameter name that is not taken; the first free number where it is."""
    found = fresh(name, known)
    known.add(found)
    return found
