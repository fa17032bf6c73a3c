"""Reverse mode of a whole computation, and of a called one as a pair of sweeps."""

from __future__ import annotations

from dataclasses import replace

from fadc.analyses.activity import Positions, inputs_of, outputs_of
from fadc.analyses.ambiguity import ambiguous_mechanism
from fadc.analyses.rows import gathered, groups
from fadc.ir import (
    Apply,
    Array,
    Block,
    Builtin,
    Computation,
    Leaf,
    Literal,
    Node,
    Parameter,
    Placement,
    Sweep,
    Tree,
    Value,
    all_leaves,
    leaves,
    pack,
    rebuild,
    substitute,
)
from fadc.ir.builder import Builder
from fadc.passes.complete_choices import complete_choices
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.derivation import Derivation, Derived
from fadc.passes.finish import Finish
from fadc.passes.push_prefix import push_prefix
from fadc.passes.residuals import crossing, together
from fadc.passes.seeds import free_name, taken_names
from fadc.passes.selection import Selection, positions
from fadc.passes.transpose import Transposition

SEED = Literal("1.0")


def derive_vjp(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    name: str,
) -> Computation:
    """``NAME_vjp(<primals>, *, out_bar) -> (out, (<wrt>_bar, …))``."""
    known = taken_names(computation)
    label = free_name("out_bar", known)
    seeds: list[tuple[Value, Term]] = []

    def bar(tree: Tree) -> Tree:
        if isinstance(tree, Node):
            return replace(tree, children=tuple(bar(child) for child in tree.children))
        if isinstance(tree, Literal):
            return Value("constant_bar", Leaf(Placement.STATIC), computation.span)
        name = label if tree is selection.tree else f"{tree.name}_bar"
        found = declared_like(tree, name, selection.arrays.get(tree))
        seeds.append((tree, Term(found)))
        return found

    tree = bar(selection.tree)
    derived = _sweeps(derivation, computation, wrt, selection, seeds)
    assert derived is not None
    parameter = Parameter(label, selection.annotation, tree, keyword_only=True)
    block, bars = derived
    late = tuple(leaves(tree))
    made = replace(
        computation,
        late=late,
        name=name,
        parameters=(*computation.parameters, parameter),
        block=block,
        result=_result((selection.tree, bars), selection),
        annotation=_annotation(computation, wrt, selection),
        docstring=_docstring(computation, wrt, selection, label),
        declared=(),
    )
    return made


def derive_value_and_grad(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    name: str,
) -> Computation:
    """``NAME_value_and_grad(<primals>) -> (out, (<wrt>_bar, …))``: the seed is known to be 1.

    The seed of an aggregate is known to the clients, who then send their gradients in the round of
    the aggregate itself; elsewhere it is a value of the server.
    """
    (out,) = leaves(selection.tree)
    derived = _sweeps(derivation, computation, wrt, selection, [(out, Term(SEED))])
    if derived is None:
        span = computation.span
        seed = declared_like(out, "out_bar", selection.arrays.get(out))
        seed = replace(seed, anonymous=True)
        ones = Builtin("ones_like")
        make_seed = Apply(ones, (out,), seed, Placement.SERVER, span, Sweep.REVERSE)
        derived = _sweeps(
            derivation, computation, wrt, selection, [(out, Term(seed))], (make_seed,)
        )
    assert derived is not None
    block, bars = derived
    result = _result((selection.tree, bars), selection)
    annotation = _annotation(computation, wrt, selection, paired=True)
    if selection.auxiliary is not None:
        result = pack(pack(selection.tree, selection.auxiliary), bars)
    return replace(
        computation,
        name=name,
        block=block,
        result=result,
        annotation=annotation,
        docstring=_docstring(computation, wrt, selection, None),
        declared=(),
    )


def _result(parts: tuple[Tree, ...], selection: Selection) -> Node:
    rest = () if selection.auxiliary is None else (selection.auxiliary,)
    return Node("tuple", (*parts, *rest))


def _sweeps(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    seeds: list[tuple[Value, Term]],
    prefix: Block = (),
) -> tuple[Block, Tree] | None:
    """Both sweeps over one block and the cotangents of the inputs; None where the seed must be sent."""
    inputs = positions(computation, wrt)
    active = derivation.activity(computation.name, inputs, selection.outputs)
    stored = derivation.options.residuals == "store"
    pushed = push_prefix(derivation, computation, selection.outputs)
    varied = derivation.varied(computation.name, inputs)
    sweeps = Transposition(derivation, active, varied, stored, pushed)
    forward = (*pushed.start(), *sweeps.forward(computation.block))
    cotangents = Cotangents(derivation.mechanism)
    for value, term in seeds:
        if active(value):
            cotangents.give(value, term)
    backward = sweeps.backward(computation.block, cotangents)
    backward += pushed.pull(cotangents, Sweep.REVERSE if backward else Sweep.PRIMAL)
    build = Builder(computation.span, Sweep.REVERSE)
    recast = {*derivation.copies.recast, *pushed.directions}
    bars = tuple(
        rebuild(parameter.tree, lambda value: _bar(build, cotangents, value, value in recast))
        for parameter in wrt
    )
    if cotangents.missing_mechanism:
        _report_mechanism(derivation)
    if cotangents.unscalable and any(isinstance(term.tree, Literal) for _, term in seeds):
        return None
    block = (*forward, *prefix, *backward, *build.operations)
    return block, Node("tuple", bars)


def _bar(build: Builder, cotangents: Cotangents, value: Value, recast: bool = False) -> Tree:
    """The cotangent of an input; ``recast`` where it may have come by in another dtype."""
    build.span = cotangents.spans.get(value, value.span)
    found = cotangents.total(build, value)
    if found is None:
        return cotangents.zero(build, value)
    return build.cast_like(found, value) if recast else found


def _report_mechanism(derivation: Derivation) -> None:
    """Where none is declared, it is the differentiated computation that leaves it open."""
    assert derivation.root is not None
    report = ambiguous_mechanism(derivation.program, derivation.root)
    if report not in derivation.diagnostics:
        derivation.diagnostics.append(report)


def _annotation(
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    paired: bool = False,
) -> str:
    """The result's annotation; ``paired`` auxiliary results stand beside the differentiated one."""
    rest = [] if selection.auxiliary is None else [selection.auxiliary_annotation]
    out = selection.annotation
    if rest and paired:
        out, rest = f"tuple[{', '.join([out, *rest])}]" if all(rest) else "", []
    bars = ", ".join(parameter.annotation for parameter in wrt)
    parts = [out, f"tuple[{bars}]", *rest]
    return f"tuple[{', '.join(parts)}]" if all(parts) and computation.annotation else ""


def _docstring(
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    cotangent: str | None,
) -> str:
    names = ", ".join(f"`{parameter.name}`" for parameter in wrt)
    rest = ", and the auxiliary results" if selection.auxiliary is not None else ""
    if cotangent is None:
        return f"`{computation.name}` and its gradient with respect to {names}{rest}."
    return f"`{computation.name}` and the pullback of `{cotangent}` to {names}{rest}."


def declared_like(value: Value, name: str, array: Array | None) -> Value:
    """The cotangent of a result: of the array that the result's annotation speaks of."""
    if isinstance(value.type, Leaf) and value.type.array is None and array is not None:
        type_ = replace(value.type, array=array)
        return replace(value, name=name, type=type_, derived=True)
    return replace(value, name=name, derived=True)


# Called computations ---------------------------------------------------------------------------


def derive_callee(
    derivation: Derivation, callee: Computation, varied: Positions, useful: Positions
) -> Derived:
    """``NAME_fwd(<primals>) -> (out, residuals)`` and ``NAME_bwd(residuals, out_bar) -> bars``."""
    active = derivation.activity(callee.name, varied, useful)
    inputs, outputs = inputs_of(callee), outputs_of(callee)
    ins = tuple(i for i in sorted(varied) if active(inputs[i]))
    outs = tuple(i for i in sorted(useful) if active(outputs[i]))
    stored = derivation.options.residuals == "store"
    sweeps = Transposition(derivation, active, derivation.varied(callee.name, varied), stored)
    forward = sweeps.forward(callee.block)
    cotangents = Cotangents(derivation.mechanism)
    known = {"residuals", *taken_names(callee)}
    parameters = []
    for i in outs:
        single = len(outs) == 1
        name = free_name("out_bar" if single else f"{outputs[i].name}_bar", known)
        array = callee.declared[i] if i < len(callee.declared) else None
        bar = declared_like(outputs[i], name, array)
        parameters.append(Parameter(name, "", bar))
        cotangents.give(outputs[i], Term(bar))
    backward = sweeps.backward(callee.block, cotangents)
    build = Builder(callee.span, Sweep.REVERSE)
    bars = tuple(_bar(build, cotangents, inputs[i]) for i in ins)
    if cotangents.missing_mechanism:
        _report_mechanism(derivation)
    joint = replace(
        callee,
        parameters=(*callee.parameters, *parameters),
        block=(*forward, *backward, *build.operations),
        result=pack(callee.result, Node("tuple", bars)),
    )
    joint = replace(joint, late=tuple(all_leaves(parameter.tree for parameter in parameters)))
    finish = Finish(derivation)
    joint = finish.prepare(joint)
    return _split(derivation, finish, callee, joint, tuple(parameters), ins, outs)


def _split(
    derivation: Derivation,
    finish: Finish,
    callee: Computation,
    joint: Computation,
    parameters: tuple[Parameter, ...],
    ins: tuple[int, ...],
    outs: tuple[int, ...],
) -> Derived:
    """The two sweeps as computations of their own, residuals handed from one to the other."""
    forward = tuple(op for op in joint.block if op.sweep is Sweep.PRIMAL)
    backward = tuple(op for op in joint.block if op.sweep is Sweep.REVERSE)
    assert isinstance(joint.result, Node)
    out, bars = joint.result.children
    given = [parameter.tree for parameter in callee.parameters]
    crossed = crossing(forward, backward, (bars,), inputs_of(callee))
    lists = groups((), given)  # of a list that the callee is given, the rows are handed on whole
    whole = [c for v in crossed for c in (lists[v].columns if v in lists else (v,))]
    kept = together(list(dict.fromkeys(whole)), forward, given)
    residuals = {value: replace(value) for value in kept}
    handed = Node("tuple", gathered(kept, groups(forward, given)))
    fwd_name = derivation.fresh_name(f"{callee.name}_fwd")
    bwd_name = derivation.fresh_name(f"{callee.name}_bwd")
    fwd = replace(
        joint,
        name=fwd_name,
        parameters=callee.parameters,
        block=forward,
        result=pack(out, handed),
        annotation="",
        late=(),
        docstring=f"The primal sweep of `{callee.name}`, and what its reverse sweep needs.",
        declared=(),
    )
    tree = rebuild(handed, lambda value: residuals[value])
    label = free_name("residuals", taken_names(callee) | {each.name for each in parameters})
    bwd = replace(
        joint,
        name=bwd_name,
        parameters=(Parameter(label, "", tree), *parameters),
        block=substitute(backward, lambda value: residuals.get(value, value)),
        result=rebuild(bars, lambda value: residuals.get(value, value)),
        annotation="",
        late=(),
        docstring=f"The reverse sweep of `{callee.name}`.",
        declared=(),
    )
    derivation.add(finish.merge(complete_choices(fwd)))
    derivation.add(finish.merge(bwd))
    return Derived({"fwd": fwd_name, "bwd": bwd_name}, ins, outs)
