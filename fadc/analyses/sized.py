"""The symbols that can be given a size: those that `fadc cost` and headers of derivatives print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fadc.analyses.activity import inputs_of
from fadc.analyses.evaluation import symbol_value
from fadc.analyses.once import once
from fadc.analyses.schedule import stem_of
from fadc.analyses.sizes import symbol
from fadc.ir import (
    Apply,
    Computation,
    Expression,
    Leaf,
    Literal,
    Loop,
    Placement,
    Program,
    Value,
    all_leaves,
    defined,
    walk,
)

_LANGUAGE = frozenset("len range min max abs not and or in is None True False".split())


@dataclass(frozen=True)
class Sized:
    """The dimensions of a program, its values by their names and lines, and the names in static code."""

    dims: frozenset[str]
    lines: frozenset[tuple[str, int]]
    static: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.lines)

    def admits(self, name: str) -> bool:
        """Whether the program has something of this name, or with the names in this symbol."""
        plain = name.strip("|")
        if {plain, f"*{plain}"} & (self.dims | self.names):
            return True
        if found := re.fullmatch(r"(\w+)@(\d+)", plain):
            return (found[1], int(found[2])) in self.lines
        words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", name)))
        named = words - _LANGUAGE
        known = self.dims | self.names | self.static
        return not name.isidentifier() and "|" not in name and bool(named) and named <= known


@once
def find_sized(program: Program) -> Sized:
    """The symbols of a program that can be given a size."""
    values = [
        value
        for computation in program.computations.values()
        for value in (*inputs_of(computation), *defined(computation.block))
    ]
    arrays = [value.type.array for value in values if isinstance(value.type, Leaf)]
    dims = {dim for array in arrays if array for dim in array.dims or ()}
    lines = {(value.name, value.span.start_line) for value in values}
    lines |= {(stem_of(name), line) for name, line in lines}
    static = {word for c in program.computations.values() for word in _static_names(c)}
    return Sized(
        frozenset(each for dim in dims for each in symbol(dim).symbols),
        frozenset(lines),
        frozenset(static),
    )


def told(sizes: Mapping[str, int], factors: Mapping[Value, tuple[str, ...]]) -> dict[str, int]:
    """The given sizes, and the sizes that follow from these for the symbols of values.

    Where ``weighted_delta`` is as large as ``delta``, its size is that of ``|delta|``.
    """
    found = dict(sizes)
    for value, symbols in factors.items():
        if len(symbols) == 1 and symbol_value(symbols[0], sizes) is None:
            given = symbol_value(f"|{value.name}|", sizes)
            if given is not None:
                found.setdefault(symbols[0], given)
    return found


def _static_names(computation: Computation) -> set[str]:
    """The names in static expressions, which occur in conditions and bounds of loops."""
    texts: list[str] = [parameter.name for parameter in computation.parameters]
    for operation in walk(computation.block):
        match operation:
            case Apply(function=Expression(source=source), placement=Placement.STATIC):
                texts.append(source)
            case Loop(sources=sources):
                args = (arg for source in sources for arg in all_leaves(source.args))
                texts += [arg.source for arg in args if isinstance(arg, Literal)]
    return {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}
