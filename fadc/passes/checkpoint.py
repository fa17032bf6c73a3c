"""Checkpointing: a loop of T rounds becomes segments of K, whose insides are run again in reverse.

Griewank & Walther, *Evaluating Derivatives*, chapter 12: what is stored is the carried value at the
start of each segment; a segment's pullbacks live only while it is reversed.
"""

from __future__ import annotations

from dataclasses import replace

from fadc.diagnostics import make
from fadc.ir import Apply, Builtin, Leaf, Literal, Loop, Placement, Source, Tree, Value
from fadc.passes.derivation import Derivation

SEGMENT = -1
"""The mark of a loop that is a segment already."""


def strip_mine(derivation: Derivation, loop: Loop) -> tuple[Loop, dict[Value, Value]] | None:
    """The loop as a nest over segments, and what its new values stand for; None where it stays."""
    every = derivation.options.checkpoint
    if every is None or loop.mark == SEGMENT:
        return None
    reason = _obstacle(loop)
    if reason is not None:
        derivation.diagnostics.append(make("FAD405", loop.span, reason=reason))
        return None
    (source,) = loop.sources
    first, stop, step = _bounds(source)
    static = Leaf(Placement.STATIC)
    start = Value("start", static, loop.span, derived=True)
    end = Value("end", static, loop.span, anonymous=True, derived=True)
    outer_range = (first, stop, Literal(str(every * step)))
    inner_args: tuple[Tree, ...] = (start, end)
    if step != 1:
        inner_args = (*inner_args, Literal(str(step)))
    limit = _limit(start, stop, every * step, end, loop)
    params = [replace(item.param) for item in loop.carried]
    outputs = [replace(item.output) for item in loop.carried]
    inner = replace(
        loop,
        sources=(replace(source, args=inner_args),),
        carried=tuple(
            replace(item, init=param, output=output)
            for item, param, output in zip(loop.carried, params, outputs, strict=True)
        ),
        mark=SEGMENT,
    )
    carried = tuple(
        replace(item, param=param, result=output)
        for item, param, output in zip(loop.carried, params, outputs, strict=True)
    )
    outer = Source("range", outer_range, start)
    old = [value for item in loop.carried for value in (item.param, item.output)]
    new = [value for pair in zip(params, outputs, strict=True) for value in pair]
    nest = replace(loop, sources=(outer,), carried=carried, body=(limit, inner))
    return nest, dict(zip(new, old, strict=True))


def _obstacle(loop: Loop) -> str | None:
    if loop.stacks:
        return "it fills a tape"
    if any(source.kind == "tape" for source in loop.sources):
        return "it iterates over a tape"
    if len(loop.sources) != 1 or loop.sources[0].kind != "range":
        return "it runs over more than one `range`"
    if loop.sources[0].reverse:
        return "it runs backwards"
    step = loop.sources[0].args[2] if len(loop.sources[0].args) == 3 else Literal("1")
    if not (isinstance(step, Literal) and step.source.isdecimal()):
        return "its step is not a positive constant"
    return None


def _bounds(source: Source) -> tuple[Tree, Tree, int]:
    if len(source.args) == 1:
        return Literal("0"), source.args[0], 1
    step = source.args[2] if len(source.args) == 3 else Literal("1")
    assert isinstance(step, Literal)
    return source.args[0], source.args[1], int(step.source)


def _limit(start: Value, stop: Tree, width: int, end: Value, loop: Loop) -> Apply:
    """``min(start + K, stop)``."""
    function = Builtin("segment_end", str(width))
    return Apply(function, (start, stop), end, Placement.STATIC, loop.span)
