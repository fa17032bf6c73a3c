"""Reverse mode of a whole computation: its pullback, and the gradient of a scalar."""

from __future__ import annotations

from dataclasses import replace

from fadc.calculus.cotangents import Term
from fadc.calculus.derivation import Derivation
from fadc.calculus.derive_callee import derive_callee
from fadc.calculus.linearize import Linearizing
from fadc.calculus.parameter_names import free_name, taken_names
from fadc.calculus.push_prefix import push_prefix
from fadc.calculus.selection import Selection, positions
from fadc.calculus.sweeps import Seeds, Sweeps, both_sweeps, declared_like
from fadc.ir import (
    Apply,
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
    leaves,
    pack,
)

SEED = Literal("1.0")


def derive_vjp(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    name: str,
) -> Computation:
    """``NAME_vjp(<primals>, *, out_bar) -> (out, (<wrt>_bar, …))``."""
    label = free_name("out_bar", taken_names(computation))
    tree, seeds = _cotangents(computation, selection, label)
    done = _sweeps(derivation, computation, wrt, selection, seeds)
    rest = () if selection.auxiliary is None else (selection.auxiliary,)
    parameter = Parameter(label, selection.annotation, tree, keyword_only=True)
    return replace(
        computation,
        name=name,
        parameters=(*computation.parameters, parameter),
        block=(*done.forward, *done.backward),
        result=pack(selection.tree, Node("tuple", done.bars), *rest),
        annotation=_annotation(computation, wrt, selection),
        docstring=_docstring(computation, wrt, selection, label),
        declared=(),
        late=tuple(leaves(tree)),
    )


def _cotangents(computation: Computation, selection: Selection, label: str) -> tuple[Tree, Seeds]:
    """The cotangent parameter, and the results that its leaves belong to."""
    seeds: Seeds = []

    def bar(tree: Tree) -> Tree:
        if isinstance(tree, Node):
            return replace(tree, children=tuple(bar(child) for child in tree.children))
        if isinstance(tree, Literal):
            return Value("constant_bar", Leaf(Placement.STATIC), computation.span)
        name = label if tree is selection.tree else f"{tree.name}_bar"
        found = declared_like(tree, name, selection.arrays.get(tree))
        seeds.append((tree, Term(found)))
        return found

    return bar(selection.tree), seeds


def derive_value_and_grad(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    name: str,
) -> Computation:
    """``NAME_value_and_grad(<primals>) -> (out, (<wrt>_bar, …))``: the seed is known to be 1.

    If the result is an aggregate, the clients use the seed without a message, and send their
    gradients in the round of the aggregate itself; otherwise the seed is a server value.
    """
    (out,) = leaves(selection.tree)
    known: Seeds = [(out, Term(SEED))]
    done = _sweeps(derivation, computation, wrt, selection, known)
    block = (*done.forward, *done.backward)
    if done.unscalable:
        seed = declared_like(out, "out_bar", selection.arrays.get(out))
        seed = replace(seed, anonymous=True)
        ones, span = Builtin("ones_like"), computation.span
        made = Apply(ones, (out,), seed, Placement.SERVER, span, Sweep.REVERSE)
        done = _sweeps(derivation, computation, wrt, selection, [(out, Term(seed))])
        block = (*done.forward, made, *done.backward)
    first = selection.tree
    if selection.auxiliary is not None:
        first = pack(selection.tree, selection.auxiliary)
    return replace(
        computation,
        name=name,
        block=block,
        result=pack(first, Node("tuple", done.bars)),
        annotation=_annotation(computation, wrt, selection, paired=True),
        docstring=_docstring(computation, wrt, selection, None),
        declared=(),
    )


def _sweeps(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    seeds: Seeds,
) -> Sweeps:
    """Both sweeps over one block."""
    inputs = positions(computation, wrt)
    active = derivation.activity(computation.name, inputs, selection.outputs)
    prefix = push_prefix(derivation, computation, selection.outputs)
    varied = derivation.varied(computation.name, inputs)
    linearizing = Linearizing(derivation, active, varied, derive_callee, derivation.stores, prefix)
    recast = {*derivation.copies.recast, *prefix.directions}
    trees = tuple(parameter.tree for parameter in wrt)
    return both_sweeps(linearizing, computation, seeds, trees, recast)


def _annotation(
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    paired: bool = False,
) -> str:
    """The result's annotation; if ``paired``, auxiliary results follow the differentiated one."""
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
