"""Forward mode of a whole computation: ``NAME_jvp(<primals>, *, <wrt>_dot, …) -> (out, out_dot)``."""

from __future__ import annotations

from dataclasses import replace

from fadc.calculus.derivation import Active, Derivation
from fadc.calculus.parameter_names import free_name, taken_names
from fadc.calculus.push_callee import push_callee
from fadc.calculus.push_forward import Pushing, push_forward
from fadc.calculus.ruled import Ruled
from fadc.calculus.selection import Selection, positions
from fadc.calculus.tangents import Tangents
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
    parameters, dots = _tangents(computation, wrt, active)
    tangents = Tangents(active, dots)
    ruled = Ruled(derivation, derivation.varied(computation.name, inputs), sure=True)
    block = push_forward(Pushing(derivation, (tangents,), push_callee, ruled), computation.block)
    build = Builder(computation.span, Sweep.PRIMAL)
    out_dot = tangents.of_display(build, selection.tree, Placement.SERVER)
    rest = () if selection.auxiliary is None else (selection.auxiliary,)
    return replace(
        computation,
        name=name,
        parameters=(*computation.parameters, *parameters),
        block=(*block, *build.operations),
        result=Node("tuple", (selection.tree, out_dot, *rest)),
        annotation=_annotation(computation, selection),
        docstring=_docstring(computation, wrt, selection),
        declared=(),
    )


def _tangents(
    computation: Computation, wrt: tuple[Parameter, ...], active: Active
) -> tuple[list[Parameter], dict[Value, Value]]:
    """A tangent parameter for each requested parameter, and the tangents of the active values."""
    known = taken_names(computation)
    dots: dict[Value, Value] = {}
    parameters: list[Parameter] = []

    def dot(value: Value) -> Tree:
        fresh = replace(value, name=f"{value.name}_dot", derived=True)
        if active(value):
            dots[value] = fresh
        return fresh

    for parameter in wrt:
        tree = rebuild(parameter.tree, dot)
        label = free_name(f"{parameter.name}_dot", known)
        if isinstance(tree, Value) and isinstance(parameter.tree, Value):
            tree = replace(tree, name=label)
            if parameter.tree in dots:
                dots[parameter.tree] = tree
        parameters.append(Parameter(label, parameter.annotation, tree, keyword_only=True))
    return parameters, dots


def _annotation(computation: Computation, selection: Selection) -> str:
    placed = all(placement(v.type) is not Placement.STATIC for v in leaves(selection.tree))
    # The tangent of a static value is a zero at the server, without an annotation.
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
