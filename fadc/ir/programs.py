"""Computations and programs."""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.ir.operations import Aggregator, Block
from fadc.ir.values import Array, Tree, Value
from fadc.span import Span


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter: its name, annotation and default as source text, and its tree of values."""

    name: str
    annotation: str
    tree: Tree
    keyword_only: bool = False
    default: str | None = None


@dataclass(frozen=True, eq=False)
class Computation:
    """A federated computation. ``transpose`` is the mechanism declared for transposed broadcasts.

    ``transpose_span`` is the span of that declaration. ``labels`` are the names in the source's
    `return`, one for each part of a result that is a display there; "" for any other expression.
    ``declared`` holds, for each leaf of the result, the array that the annotation declares. If the
    annotation is empty, the emitted one is made from the placements of the tree.
    """

    name: str
    parameters: tuple[Parameter, ...]
    block: Block
    result: Tree
    annotation: str
    span: Span
    docstring: str | None = None
    transpose: Aggregator | None = None
    module: str = ""
    declared: tuple[Array | None, ...] = ()
    late: tuple[Value, ...] = ()
    transpose_span: Span | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Program:
    """All computations of a module, callees before their callers."""

    computations: dict[str, Computation] = field(default_factory=dict)


@dataclass(frozen=True)
class Derivatives:
    """The derivatives of a program: helper computations in order, and the public ones."""

    program: Program
    computations: dict[str, Computation]
