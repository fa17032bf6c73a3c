"""Checkpointing: a loop of T rounds becomes segments of K, which the reverse sweep runs again.

The carried values at the start of each segment are stored; a segment's pullbacks live only while it
is reversed (Griewank & Walther, *Evaluating Derivatives*, chapter 12).

    loop %i in range(%n) carrying (%p = %a) {           loop %start in range(0, %n, 2) carrying (%p.2 = %a) {
      …                                                   %end = apply static segment_end2 (%start, %n)
      next (%q)                                           loop %i in range(%start, %end) carrying (%p = %p.2) {
    } -> (%r)                                 becomes       …
                                                            next (%q)
                                                          } -> (%r.2)
                                                          next (%r.2)
                                                        } -> (%r)
"""

from __future__ import annotations

from dataclasses import replace

from fadc.diagnostics import Diagnostic, make
from fadc.ir import Apply, Builtin, Leaf, Literal, Loop, Placement, Source, Tree, Value

SEGMENT = -1
"""The mark of a loop that is already a segment."""


def strip_mine(
    loop: Loop, every: int | None, diagnostics: list[Diagnostic]
) -> tuple[Loop, dict[Value, Value]] | None:
    """The loop as a nest over segments of ``every`` rounds, and the originals of its new values.

    None where the loop stays as it is: no segments are asked for, it is a segment itself, or it
    cannot be divided, which is reported in the diagnostics.
    """
    if every is None or loop.mark == SEGMENT:
        return None
    reason = _obstacle(loop)
    if reason is not None:
        diagnostics.append(make("FAD405", loop.span, reason=reason))
        return None
    (source,) = loop.sources
    first, stop, step = _bounds(source)
    static = Leaf(Placement.STATIC)
    start = Value("start", static, loop.span, derived=True)
    end = Value("end", static, loop.span, anonymous=True, derived=True)
    params = [replace(item.param) for item in loop.carried]
    outputs = [replace(item.output) for item in loop.carried]
    triples = list(zip(loop.carried, params, outputs, strict=True))
    stride = () if step == 1 else (Literal(str(step)),)
    inner = replace(
        loop,
        sources=(replace(source, args=(start, end, *stride)),),
        carried=tuple(replace(item, init=param, output=out) for item, param, out in triples),
        mark=SEGMENT,
    )
    outer = Source("range", (first, stop, Literal(str(every * step))), start)
    carried = tuple(replace(item, param=param, result=out) for item, param, out in triples)
    limit = _limit(start, stop, every * step, end, loop)
    nest = replace(loop, sources=(outer,), carried=carried, body=(limit, inner))
    originals = {param: item.param for item, param, _ in triples}
    return nest, originals | {out: item.output for item, _, out in triples}


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
