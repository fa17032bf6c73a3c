"""The numbers of iterations of loops, for the costs of stages."""

from __future__ import annotations

from fadc.analyses.arrays import Known
from fadc.analyses.iterations import range_length
from fadc.analyses.sizes import ONE, Size, symbol
from fadc.ir import Literal, Loop, Tree, Value, all_leaves


def trips_of(loop: Loop, known: Known) -> Size:
    """The number of a loop's iterations, by the text of its range or the name of its list."""
    source = next((each for each in loop.sources if each.kind == "range"), loop.sources[0])
    if source.kind == "range":
        return range_length(tuple(_text(arg, known) for arg in source.args))
    tape = next(all_leaves(source.args), None)
    return symbol(f"len({tape.name})") if isinstance(tape, Value) else ONE


def _text(arg: Tree, known: Known) -> str:
    if isinstance(arg, Value):
        return known.texts.get(arg, arg.name)
    return arg.source if isinstance(arg, Literal) else str(arg)
