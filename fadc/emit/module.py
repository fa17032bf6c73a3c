"""The emitted module: a header, the user's module-level code, then the derived code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fadc.emit.carried.lines import carried_over
from fadc.emit.code.layout import render
from fadc.emit.code.mentions import mentioned
from fadc.emit.computations.computation import emit_computation
from fadc.emit.computations.residual_types import find_residual_types
from fadc.emit.context import Context
from fadc.emit.functions.derived import define_functions
from fadc.ir import Computation, Derivatives, Program, defined
from fadc.syntax.modules.module import Module

Lines = list[str]


def emit_module(
    module: Module,
    modules: Mapping[str, Module],
    taken: set[str],
    derivatives: Derivatives,
    header: Lines,
    origin: str | None = None,
) -> str:
    """The text of the emitted module, which imports the program's classes from its ``origin``.

    If ``origin`` is None, it contains copies of them.
    """
    context = Context(module, dict(modules), taken, own_locals=_own_locals(derivatives.program))
    signatures = {**derivatives.program.computations, **derivatives.computations}
    context.parameters = _parameter_names(signatures.values())
    context.keys = _foreign_names(module, derivatives.program)
    computations = derivatives.computations.values()
    context.residuals = find_residual_types(context, derivatives.computations)
    for computation in computations:  # These are named first: no local takes their names.
        define_functions(context, computation)
    definitions = [emit_computation(context, each, signatures) for each in computations]
    types = [node for _, node in context.types.values()]
    functions = [*context.functions.values(), *definitions]
    first, rest = _leading(carried_over(module, context, mentioned([*types, *functions]), origin))
    text = "\n".join([*first, *header, *rest]).rstrip("\n")
    parts = [*([types] if types else []), *([node] for node in functions)]
    return text + "".join(f"\n\n\n{render(part).rstrip()}" for part in parts) + "\n"


def _own_locals(program: Program) -> frozenset[str]:
    """The names that the source gives to the locals of its computations."""
    found: set[str] = set()
    for computation in program.computations.values():
        found |= {value.name for value in defined(computation.block) if not value.anonymous}
        found |= {parameter.name for parameter in computation.parameters}
    return frozenset(found)


def _parameter_names(computations: Iterable[Computation]) -> frozenset[str]:
    """The names of parameters, which derived code must not use for anything else."""
    return frozenset(p.name for computation in computations for p in computation.parameters)


def _foreign_names(module: Module, program: Program) -> dict[str, str]:
    """The local names of imported computations."""
    found = {}
    for local, (owner, name) in module.foreign.items():
        for key, computation in program.computations.items():
            if computation.module == owner.path and key.startswith(name):
                found[key] = local
    return found


def _leading(lines: Lines) -> tuple[Lines, Lines]:
    """The lines that must come first, a shebang and an encoding line, and the rest."""
    count = 0
    while count < min(2, len(lines)) and (
        lines[count].startswith("#!") or (lines[count].startswith("#") and "coding" in lines[count])
    ):
        count += 1
    return lines[:count], lines[count:]
