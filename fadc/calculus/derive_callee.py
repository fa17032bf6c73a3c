"""The two sweeps of a called computation, as computations of their own.

``computation f(%a) { … return %r }`` becomes

    computation f_fwd(%a) { … return (%r, (%residuals …)) }
    computation f_bwd(%residuals …, %out_bar) { … return (%a_bar) }

Both are derived as one computation, so that the passes see what the second reads of the first, and
then split.
"""

from __future__ import annotations

from dataclasses import replace

from fadc.analyses.activity import Positions, inputs_of, outputs_of
from fadc.analyses.crossing import crossing, together
from fadc.analyses.rows import gathered, groups
from fadc.calculus.cotangents import Term
from fadc.calculus.derivation import Derivation, SweepPair
from fadc.calculus.linearize import Linearizing
from fadc.calculus.parameter_names import free_name, taken_names
from fadc.calculus.sweeps import Seeds, both_sweeps, declared_like
from fadc.ir import (
    Block,
    Computation,
    Node,
    Parameter,
    Sweep,
    Tree,
    Value,
    leaves,
    pack,
    rebuild,
    substitute,
)
from fadc.passes.complete_choices import complete_choices
from fadc.passes.finish import merge, prepare


def derive_callee(
    derivation: Derivation, callee: Computation, varied: Positions, useful: Positions
) -> SweepPair:
    """``NAME_fwd(<primals>) -> (out, residuals)`` and ``NAME_bwd(residuals, out_bar) -> bars``."""
    active = derivation.activity(callee.name, varied, useful)
    inputs, outputs = inputs_of(callee), outputs_of(callee)
    ins = tuple(i for i in sorted(varied) if active(inputs[i]))
    outs = tuple(i for i in sorted(useful) if active(outputs[i]))
    parameters, seeds = _cotangents(callee, outputs, outs)
    depends = derivation.varied(callee.name, varied)
    linearizing = Linearizing(derivation, active, depends, derive_callee, derivation.stores)
    done = both_sweeps(linearizing, callee, seeds, tuple(inputs[i] for i in ins))
    joint = replace(
        callee,
        parameters=(*callee.parameters, *parameters),
        block=(*done.forward, *done.backward),
        result=pack(callee.result, Node("tuple", done.bars)),
        late=tuple(value for each in parameters for value in leaves(each.tree)),
    )
    joint = prepare(joint, derivation.resends, derivation.diagnostics)
    forward, backward = _parted(callee, joint, parameters)
    forward = replace(forward, name=derivation.fresh_name(f"{callee.name}_fwd"))
    backward = replace(backward, name=derivation.fresh_name(f"{callee.name}_bwd"))
    derivation.add(merge(complete_choices(forward), derivation.resends))
    derivation.add(merge(backward, derivation.resends))
    return SweepPair(forward.name, backward.name, ins, outs)


def _cotangents(
    callee: Computation, outputs: list[Value], outs: tuple[int, ...]
) -> tuple[tuple[Parameter, ...], Seeds]:
    """The reverse sweep's parameters after the residuals: a cotangent of each active result."""
    known = {"residuals", *taken_names(callee)}
    parameters: list[Parameter] = []
    seeds: Seeds = []
    for i in outs:
        name = free_name("out_bar" if len(outs) == 1 else f"{outputs[i].name}_bar", known)
        array = callee.declared[i] if i < len(callee.declared) else None
        bar = declared_like(outputs[i], name, array)
        parameters.append(Parameter(name, "", bar))
        seeds.append((outputs[i], Term(bar)))
    return tuple(parameters), seeds


def _parted(
    callee: Computation, joint: Computation, parameters: tuple[Parameter, ...]
) -> tuple[Computation, Computation]:
    """The two sweeps as computations; the first returns the residuals, the second takes them."""
    forward = tuple(op for op in joint.block if op.sweep is Sweep.PRIMAL)
    backward = tuple(op for op in joint.block if op.sweep is Sweep.REVERSE)
    assert isinstance(joint.result, Node)
    out, bars = joint.result.children
    handed = _residuals(callee, forward, backward, bars)
    residuals = {value: replace(value) for value in leaves(handed)}
    label = free_name("residuals", taken_names(callee) | {each.name for each in parameters})
    tree = rebuild(handed, lambda value: residuals[value])
    plain = replace(joint, annotation="", late=(), declared=())
    first = replace(
        plain,
        parameters=callee.parameters,
        block=forward,
        result=pack(out, handed),
        docstring=f"The primal sweep of `{callee.name}`, and what its reverse sweep needs.",
    )
    second = replace(
        plain,
        parameters=(Parameter(label, "", tree), *parameters),
        block=substitute(backward, lambda value: residuals.get(value, value)),
        result=rebuild(bars, lambda value: residuals.get(value, value)),
        docstring=f"The reverse sweep of `{callee.name}`.",
    )
    return first, second


def _residuals(callee: Computation, forward: Block, backward: Block, bars: Tree) -> Node:
    """What the reverse sweep reads of the primal one; rows of a parameter's list are kept whole."""
    given = [parameter.tree for parameter in callee.parameters]
    crossed = crossing(forward, backward, (bars,), inputs_of(callee))
    lists = groups((), given)
    whole = [c for v in crossed for c in (lists[v].columns if v in lists else (v,))]
    kept = together(list(dict.fromkeys(whole)), forward, given)
    return Node("tuple", gathered(kept, groups(forward, given)))
