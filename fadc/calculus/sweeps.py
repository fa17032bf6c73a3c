"""Both sweeps of reverse mode over one computation: ``linearize``, then ``transpose``."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from fadc.analyses.ambiguity import ambiguous_mechanism
from fadc.calculus.cotangents import Cotangents, Term
from fadc.calculus.derivation import Derivation
from fadc.calculus.linearize import Linearizing, linearize
from fadc.calculus.transpose import transpose
from fadc.ir import Array, Block, Computation, Leaf, Sweep, Tree, Value, rebuild
from fadc.ir.builder import Builder

Seeds = list[tuple[Value, Term]]
"""The results that are differentiated, each with its cotangent."""


@dataclass(frozen=True)
class Sweeps:
    """The two sweeps, and the cotangents of the inputs.

    If they are ``unscalable``, the seed must be sent: a constant that everyone knows cannot be
    used.
    """

    forward: Block
    backward: Block
    bars: tuple[Tree, ...]
    unscalable: bool


def both_sweeps(
    linearizing: Linearizing,
    computation: Computation,
    seeds: Seeds,
    wrt: tuple[Tree, ...],
    recast: Container[Value] = (),
) -> Sweeps:
    """The sweeps of a computation, back to some of its inputs.

    The cotangents of ``recast`` inputs may have another dtype than the inputs, and are cast.
    """
    prefix, derivation = linearizing.prefix, linearizing.derivation
    start = prefix.start()
    forward, linear = linearize(linearizing, computation.block)
    cotangents = Cotangents(derivation.mechanism)
    for value, term in seeds:
        if linearizing.active(value):
            cotangents.give(value, term)
    backward = transpose(linearizing, linear, cotangents)
    backward += prefix.pull(cotangents, Sweep.REVERSE if backward else Sweep.PRIMAL)
    build = Builder(computation.span, Sweep.REVERSE)
    bars = tuple(rebuild(tree, lambda v: _bar(build, cotangents, v, v in recast)) for tree in wrt)
    if cotangents.missing_mechanism:
        _report_mechanism(derivation)
    backward = (*backward, *build.operations)
    return Sweeps((*start, *forward), backward, bars, cotangents.unscalable)


def _bar(build: Builder, cotangents: Cotangents, value: Value, recast: bool) -> Tree:
    """The cotangent of an input."""
    build.span = cotangents.spans.get(value, value.span)
    found = cotangents.total(build, value)
    if found is None:
        return cotangents.zero(build, value)
    return build.cast_like(found, value) if recast else found


def _report_mechanism(derivation: Derivation) -> None:
    """Report at the differentiated computation that no mechanism is declared for cotangents."""
    assert derivation.root is not None
    report = ambiguous_mechanism(derivation.program, derivation.root)
    if report not in derivation.diagnostics:
        derivation.diagnostics.append(report)


def declared_like(value: Value, name: str, array: Array | None) -> Value:
    """The cotangent of a result, with the array type that the result's annotation declares."""
    type_ = value.type
    if isinstance(type_, Leaf) and type_.array is None and array is not None:
        type_ = replace(type_, array=array)
    return replace(value, name=name, type=type_, derived=True)
