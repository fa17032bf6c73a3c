"""Cotangents that a derivative uploads unclipped although the program clips its uploads.

Clipping bounds what one client can change, and the guarantee of differential privacy rests on that
bound (McMahan, Ramage, Talwar and Zhang, Learning Differentially Private Recurrent Language Models,
ICLR 2018). A transposed broadcast uploads a value that this bound does not cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fadc.analyses.activity import Positions, dependences
from fadc.analyses.ambiguity import active_broadcasts
from fadc.analyses.calls import with_callees
from fadc.diagnostics import Diagnostic, make
from fadc.ir import (
    Aggregate,
    Apply,
    Builtin,
    Computation,
    Mapped,
    Program,
    Value,
    all_leaves,
    leaves,
    operands,
    results,
    walk,
    yielded,
)
from fadc.span import Span


@dataclass(frozen=True)
class Clipping:
    """What a mapped function clips: its result, and the cotangents of arguments at some positions."""

    result: bool = False
    cotangents: frozenset[int] = frozenset()


Reader = Callable[[Computation, Mapped], Clipping]
"""Tells what a mapped function of a computation clips."""


def find_unclipped_cotangent(
    program: Program,
    computation: Computation,
    inputs: Positions,
    outputs: Positions,
    clipping: Reader,
) -> Diagnostic | None:
    """The first broadcast whose cotangent is uploaded unclipped, if the program clips an upload."""
    reached = with_callees(program, computation.name)
    clipped = next((span for each in reached for span in _clipped_uploads(each, clipping)), None)
    if clipped is None:
        return None
    exposed = {value for each in reached for value in _exposed(each, clipping)}
    known = dependences(program)
    active = active_broadcasts(program, known, computation.name, inputs, outputs)
    spans = [
        each.broadcast.span
        for each in active
        if any(value in exposed for value in each.broadcast.results)
    ]
    if not spans:
        return None
    mine = [span for span in spans if span.path == computation.span.path]
    where = min(mine, default=computation.span)
    return make("FAD504", where, related=((clipped, "what the program clips"),))


def _clipped_uploads(computation: Computation, clipping: Reader) -> Iterator[Span]:
    """Uploads of values that a mapped function has clipped, weighted or not."""
    makers: dict[Value, Apply] = {}
    for operation in walk(computation.block):
        if isinstance(operation, Apply):
            makers.update(dict.fromkeys(results(operation), operation))
        elif isinstance(operation, Aggregate):
            sent = (_maker(value, makers) for value in all_leaves(operation.values))
            functions = [maker.function for maker in sent if maker is not None]
            if any(clipping(computation, f).result for f in functions if isinstance(f, Mapped)):
                yield operation.span


def _maker(value: Value, makers: dict[Value, Apply]) -> Apply | None:
    """The operation that made a value, before it was weighted or unpacked."""
    maker = makers.get(value)
    while maker is not None and maker.function in (Builtin("scale"), Builtin("unpack")):
        (*_, source) = all_leaves(maker.args)
        maker = makers.get(source)
    return maker


def _exposed(computation: Computation, clipping: Reader) -> Iterator[Value]:
    """The values whose cotangents may have an unclipped contribution."""
    yield from leaves(computation.result)
    for operation in walk(computation.block):
        yield from yielded(operation)
        if isinstance(operation, Apply) and isinstance(operation.function, Mapped):
            protected = clipping(computation, operation.function).cotangents
            for position, tree in enumerate(operation.args):
                if position not in protected:
                    yield from leaves(tree)
        else:
            yield from operands(operation)
