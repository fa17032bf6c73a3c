"""Iterations: how often loops run and arms are taken, in terms of static names.

A loop between two checkpoints runs over a segment, ``range(start, min(start + K, stop))``. Segments
may differ in length, but together they are the whole range, so iterations are counted over the
whole run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fadc.analyses.evaluation import parsed
from fadc.analyses.schedule import Held
from fadc.analyses.sizes import Size, number, symbol
from fadc.ir import (
    Apply,
    Builtin,
    Expression,
    Literal,
    Loop,
    Placement,
    Source,
    Tree,
    Value,
    all_leaves,
    is_several,
    leaves,
    placement,
    slots,
)
from fadc.ir.source_text import spelled


@dataclass(frozen=True)
class Static:
    """A static value as text; ``varying`` if it differs between iterations of a loop."""

    text: str
    varying: bool = False


@dataclass(frozen=True)
class Length:
    """How often a loop is entered, and its iterations: in the whole run, and at most each time.

    ``each`` is None if it depends on an outer loop.
    """

    entries: Size
    count: Size
    each: Size | None


@dataclass
class Iterations:
    """The facts about static values, lists, segments between checkpoints, and conditions."""

    statics: dict[Value, Static] = field(default_factory=dict)
    lengths: dict[Held, Length] = field(default_factory=dict)
    segments: dict[Value, tuple[Size, tuple[Static, ...]]] = field(default_factory=dict)
    assumed: dict[str, bool] = field(default_factory=dict)

    def text(self, tree: Tree) -> Static:
        """A static value as text."""
        if isinstance(tree, Literal):
            return Static(_one_spelling(tree.source))
        return self.statics.get(tree, Static(tree.name)) if isinstance(tree, Value) else Static("…")

    @property
    def conditions(self) -> tuple[tuple[str, bool], ...]:
        """The static conditions that are known to hold, or to fail, here."""
        return tuple(sorted(self.assumed.items()))

    def evaluate(self, operation: Apply, dims: Sequence[tuple[str, ...] | None]) -> None:
        """Record a static expression: its text, with the texts of its arguments put in.

        ``dims`` are the annotated dimensions of its arguments.
        """
        function, result = operation.function, operation.result
        args = [self.text(arg) for arg in slots(operation.args)]
        if isinstance(function, Builtin) and function.name == "segment_end":
            assert isinstance(result, Value)
            start, stop = args
            text = f"min({start.text} + {function.detail}, {stop.text})"
            self.statics[result] = Static(text, any(arg.varying for arg in args))
        if not isinstance(function, Expression) or not isinstance(result, Value):
            return
        known = dict(zip(function.parameters, args, strict=False))
        text = re.sub(
            r"(?<![\w.])[A-Za-z_]\w*",
            lambda name: _operand(known[name[0]].text) if name[0] in known else name[0],
            _one_spelling(function.source),
        )
        if (
            (axis := re.fullmatch(r"\w+\.shape\[(\d+)\]", spelled(function.source)))
            and dims
            and dims[0]
        ):
            until = dims[0][: int(axis[1]) + 1]
            text = (
                until[-1] if len(until) > int(axis[1]) and not any(map(is_several, until)) else text
            )
        self.statics[result] = Static(text, any(arg.varying for arg in args))

    def chosen(self, condition: Static, holds: bool, count: Size) -> Size:
        """How often an arm is taken, for a branch that is reached ``count`` times."""
        known = self.assumed.get(condition.text, _truth(condition.text))
        if known is not None:
            return count if holds is known else Size()
        text = condition.text if holds else f"not {condition.text}"
        return Size({(f"#({text.removeprefix('not not ')})",): 1})

    @contextmanager
    def assuming(self, condition: Static, holds: bool) -> Iterator[None]:
        """The context of an arm, in which its condition, even a varying one, is known."""
        before = self.assumed
        self.assumed = {**before, condition.text: holds}
        try:
            yield
        finally:
            self.assumed = before

    def enter(self, loop: Loop, count: Size, held: Callable[[Tree], Held]) -> Length:
        """The length of a loop that is entered ``count`` times; its targets become known."""
        length = self._length(loop, count, held)
        for source in loop.sources:
            if source.kind != "tape":
                for value in leaves(source.target):
                    self.statics[value] = Static(value.name, varying=True)
        for item in loop.carried:
            if placement(item.param.type) is Placement.STATIC:
                self.statics[item.param] = Static(item.param.name, varying=True)
        return length

    def _length(self, loop: Loop, count: Size, held: Callable[[Tree], Held]) -> Length:
        source = next((each for each in loop.sources if each.kind == "range"), None)
        if source is not None:
            return self._range(source, count)
        tapes = [each for each in loop.sources if each.kind == "tape"]
        tape = next(all_leaves(tapes[0].args), None) if tapes else None
        if tape is None:
            return Length(count, count, number(1))
        known = self.lengths.get(held(tape))
        if known is None:
            each = Size({(f"len({tape.name})",): 1})
            return Length(count, count.times(each), each)
        if count == known.entries or known.each is None:
            return known
        return Length(count, count.times(known.each), known.each)

    def _range(self, source: Source, count: Size) -> Length:
        args = tuple(self.text(arg) for arg in source.args)
        first = source.args[0]
        segment = args[-1].text if len(args) == 1 else args[1].text.removeprefix("builtins.")
        if isinstance(first, Value) and first in self.segments and segment.startswith("min("):
            entered, (start, stop, width) = self.segments[first]
            steps = tuple(arg.text for arg in args[2:])
            whole = range_length((start.text, stop.text, *steps))
            return Length(count, entered.times(whole), range_length(("0", width.text, *steps)))
        if any(arg.varying for arg in args):
            texts = ", ".join(arg.text for arg in args)
            return Length(count, Size({(f"#(range({texts}))",): 1}), None)
        if len(args) == 3:
            self.segments.update((target, (count, args)) for target in leaves(source.target))
        each = range_length(tuple(arg.text for arg in args))
        return Length(count, count.times(each), each)


def _operand(text: str) -> str:
    """A text as an operand: in parentheses if an operator next to it could bind more tightly."""
    compound = ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.Compare | ast.IfExp | ast.Lambda
    return f"({text})" if isinstance(parsed(text), compound) else text


def _one_spelling(source: str) -> str:
    """An expression as text, independent of its layout; single-line strings are unchanged."""
    written = "\n" not in source and ('"' in source or "'" in source)
    return source if written else spelled(source)


def range_length(args: tuple[str, ...]) -> Size:
    """The length of ``range(*args)``."""
    if all(re.fullmatch(r"-?\d+", arg) for arg in args):
        return number(len(range(*map(int, args))))
    if len(args) == 1:
        return symbol(args[0])
    start, stop, step = (*args, "1")[:3]
    if start == "0" and step == "1":
        return symbol(stop)
    if start == "0" and step.isdecimal():
        return Size({(f"⌈{_operand(stop)}/{step}⌉",): 1})
    return Size({(f"len(range({', '.join(args)}))",): 1})


_COMPARISON = re.compile(r"""("[^"]*"|'[^']*'|\d+) (==|!=) ("[^"]*"|'[^']*'|\d+)""")


def _truth(text: str) -> bool | None:
    """Whether a condition on literals holds; None for any other."""
    if text in ("True", "False"):
        return text == "True"
    found = _COMPARISON.fullmatch(text)
    if found is None:
        return None
    return (found[1].strip("'\"") == found[3].strip("'\"")) is (found[2] == "==")
