"""Computations and programs."""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.ir.operations import Aggregator, Block
from fadc.ir.values import Array, Tree, Value
from fadc.span import Span


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter: its name, annotation and default as source text, and the values it brings."""

    name: str
    annotation: str
    tree: Tree
    keyword_only: bool = False
    default: str | None = None


@dataclass(frozen=True, eq=False)
class Computation:
    """A federated computation. ``transpose`` is the mechanism declared for transposed broadcasts.

    ``transpose_span`` is where that is written.
    ``labels`` are the names that the source returns, one for each part of a result that is taken apart
    there; "" stands for any other expression.
    ``declared`` holds, for each leaf of the result, the array that the annotation speaks of. An
    empty annotation means that the placements of the tree are written out.
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
    """What a transform derived of a program: helpers in their order, and the public computations."""

    program: Program
    computations: dict[str, Computation]
