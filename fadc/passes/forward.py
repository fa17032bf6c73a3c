"""Forward mode of a whole computation: ``NAME_jvp(<primals>, *, <wrt>_dot, …) -> (out, out_dot)``."""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import (
    Computation,
    Node,
    Parameter,
    Placement,
    Sweep,
    Tree,
    Value,
    leaves,
    placement,
    rebuild,
)
from fadc.ir.builder import Builder
from fadc.passes.derivation import Derivation
from fadc.passes.directions import Direction
from fadc.passes.pushforward import Pushforward
from fadc.passes.seeds import free_name, taken_names
from fadc.passes.selection import Selection, positions


def derive_jvp(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    name: str,
) -> Computation:
    """The pushforward of a computation."""
    inputs = positions(computation, wrt)
    active = derivation.activity(computation.name, inputs, selection.outputs)
    known = taken_names(computation)
    dots: dict[Value, Value] = {}
    tangents: list[Parameter] = []
    for parameter in wrt:

        def dot(value: Value) -> Tree:
            fresh = replace(value, name=f"{value.name}_dot", derived=True)
            if active(value):
                dots[value] = fresh
            return fresh

        tree = rebuild(parameter.tree, dot)
        label = free_name(f"{parameter.name}_dot", known)
        tree = replace(tree, name=label) if isinstance(tree, Value) else tree
        if isinstance(parameter.tree, Value) and parameter.tree in dots and isinstance(tree, Value):
            dots[parameter.tree] = tree
        tangents.append(Parameter(label, parameter.annotation, tree, keyword_only=True))
    direction = Direction(active, dots)
    push = Pushforward(derivation, [direction], derivation.varied(computation.name, inputs))
    block = push.block(computation.block)
    build = Builder(computation.span, Sweep.PRIMAL)
    out_dot = rebuild(selection.tree, lambda value: direction.tangent(build, value))
    parts: list[Tree] = [selection.tree, out_dot]
    if selection.auxiliary is not None:
        parts.append(selection.auxiliary)
    return replace(
        computation,
        name=name,
        parameters=(*computation.parameters, *tangents),
        block=(*block, *build.operations),
        result=Node("tuple", tuple(parts)),
        annotation=_annotation(computation, selection),
        docstring=_docstring(computation, wrt, selection),
        declared=(),
    )


def _annotation(computation: Computation, selection: Selection) -> str:
    placed = all(placement(v.type) is not Placement.STATIC for v in leaves(selection.tree))
    # The tangent of what everyone knows is a zero at the server, which no one has annotated.
    parts = [selection.annotation, selection.annotation if placed else ""]
    if selection.auxiliary is not None:
        parts.append(selection.auxiliary_annotation)
    return f"tuple[{', '.join(parts)}]" if all(parts) and computation.annotation else ""


def _docstring(computation: Computation, wrt: tuple[Parameter, ...], selection: Selection) -> str:
    names = ", ".join(f"`{parameter.name}`" for parameter in wrt)
    rest = ", and the auxiliary results" if selection.auxiliary is not None else ""
    count = len(list(leaves(selection.tree)))
    tangent = "tangent" if count == 1 else "tangents"
    return f"`{computation.name}` and its {tangent} along tangents of {names}{rest}."
