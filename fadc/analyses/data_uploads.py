"""Uploads whose size grows with a client's data, by the dimensions in annotations.

A symbol that occurs in client inputs, but in no server input and no server result, counts a
client's data: the ``n`` of examples ``"n d"`` with a model ``"d"``. Results of mapped functions
have unknown dimensions and are not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fadc.analyses.calls import called
from fadc.analyses.sizes import symbol
from fadc.diagnostics import Diagnostic, make
from fadc.ir import (
    Aggregate,
    Apply,
    Array,
    Builtin,
    Computation,
    Leaf,
    Placement,
    Program,
    Value,
    all_leaves,
    leaves,
    placement,
    walk,
)


def find_data_uploads(program: Program) -> Iterator[Diagnostic]:
    """The uploads that grow with a client's data.

    Called computations are not checked: their arguments may be anything, whatever the annotations.
    """
    inner = called(program)
    for name, computation in program.computations.items():
        if name not in inner:
            yield from _data_uploads(computation)


def _data_uploads(computation: Computation) -> Iterator[Diagnostic]:
    own = _client_symbols(computation)
    scaled = {
        operation.result: operation.args[-1]
        for operation in walk(computation.block)
        if isinstance(operation, Apply) and operation.function == Builtin("scale")
    }
    for operation in walk(computation.block):
        if isinstance(operation, Aggregate):
            for value in all_leaves(operation.values):
                sent = scaled.get(value, value)
                symbol = next((s for v in leaves(sent) for s in _symbols([v]) if s in own), None)
                if isinstance(sent, Value) and symbol is not None:
                    yield make("FAD503", operation.span, name=sent.name, symbol=symbol)


def _client_symbols(computation: Computation) -> set[str]:
    """The dimensions that only client inputs have."""
    inputs = list(all_leaves(parameter.tree for parameter in computation.parameters))
    clients = [v for v in inputs if placement(v.type) is Placement.CLIENTS]
    others = [v for v in inputs if placement(v.type) is not Placement.CLIENTS]
    results = list(leaves(computation.result))
    declared = [
        array
        for value, array in zip(results, computation.declared, strict=False)
        if placement(value.type) is Placement.SERVER
    ]
    return set(_symbols(clients)) - set(_symbols(others)) - set(_dims(declared))


def _symbols(values: Iterable[Value]) -> Iterator[str]:
    yield from _dims(v.type.array for v in values if isinstance(v.type, Leaf))


def _dims(arrays: Iterable[Array | None]) -> Iterator[str]:
    """The symbols in the dimensions, including dimensions that may be 1."""
    for array in arrays:
        for dim in (array and (array.dims or array.most)) or ():
            yield from symbol(dim).symbols
