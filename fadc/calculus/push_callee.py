"""The pushforward of a called computation, as a computation of its own."""

from __future__ import annotations

from dataclasses import replace

from fadc.analyses.activity import inputs_of, outputs_of
from fadc.calculus.derivation import Derivation, Pushed
from fadc.calculus.parameter_names import free_name, taken_names
from fadc.calculus.push_forward import Asked, Pushing, push_forward, single_or_tuple
from fadc.calculus.ruled import Ruled
from fadc.calculus.tangents import Tangents
from fadc.ir import Computation, Parameter, Value, pack

Columns = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def push_callee(derivation: Derivation, callee: Computation, asked: tuple[Asked, ...]) -> Pushed:
    """``NAME_jvp`` of a called computation: one keyword-only tangent for each active input leaf.

    ``computation f(%a) { … return %r }`` becomes
    ``computation f_jvp(%a, %a_dot) { … return (%r, %r_dot) }``.
    """
    inputs, outputs = inputs_of(callee), outputs_of(callee)
    directions: list[Tangents] = []
    columns: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    dots: list[Value] = []
    for label, stack, varied, useful in asked:
        active = derivation.activity(callee.name, varied, useful)
        ins = tuple(i for i in sorted(varied) if active(inputs[i]))
        columns.append((ins, tuple(i for i in sorted(useful) if active(outputs[i]))))
        directions.append(tangents := Tangents(active, label=label, stack=stack))
        own = [tangents.dot_of(inputs[i]) for i in ins]
        tangents.sample = next(iter(own), None)
        dots += own
    every = frozenset[int]().union(*(varied for _, _, varied, _ in asked))
    ruled = Ruled(derivation, derivation.varied(callee.name, every), sure=True)
    pushing = Pushing(derivation, tuple(directions), push_callee, ruled)
    block = push_forward(pushing, callee.block)
    found = zip(directions, columns, strict=True)
    out_dots = tuple(each.dots[outputs[i]] for each, (_, outs) in found for i in outs)
    name = derivation.fresh_name(f"{callee.name}_jvp")
    made = replace(
        callee,
        name=name,
        parameters=(*callee.parameters, *_parameters(callee, dots)),
        block=block,
        result=pack(callee.result, single_or_tuple(out_dots)),
        annotation="",
        docstring=f"The pushforward of `{callee.name}`.",
    )
    derivation.finish(made)
    return Pushed(name, tuple(columns))


def _parameters(callee: Computation, dots: list[Value]) -> list[Parameter]:
    known = taken_names(callee)
    return [Parameter(free_name(dot.name, known), "", dot, keyword_only=True) for dot in dots]
