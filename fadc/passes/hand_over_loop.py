"""The values that a reverse loop reads in its primal loop are put on tapes, iteration by iteration.

    loop 1 %i in range(%n) … {                        loop 1 %i in range(%n) … {
      %v = …                                            %v = …
    }                                                   stack %v_tape <- %v
    loop 1 %_ in reversed range(%n) … {   becomes     }
      … %v, %i                                        loop 1 %i.2 in reversed range(%n),
    }                                                        %v.2 in reversed tape(%v_tape) … {
                                                        … %v.2, %i.2
                                                      }

Instead of these, loop indices and consumed tapes are iterated over again, and static expressions
evaluated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from fadc.analyses.crossing import read_of, together
from fadc.analyses.rows import groups, stacked_rows
from fadc.ir import (
    Apply,
    Loop,
    Operation,
    Placement,
    Source,
    Stack,
    Tape,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    leaves,
    rebuild,
    results,
    substitute,
    used,
    yielded,
)


def hand_over_loop(first: Loop, second: Loop) -> tuple[Loop, Loop]:
    """Both loops; the second no longer reads anything inside the first."""
    makers = {value: operation for operation in first.body for value in results(operation)}
    targets = {value: source for source in first.sources for value in leaves(source.target)}
    inside = {*makers, *bound_inside(first)}
    handover = _Handover(makers, targets, inside)
    for value in read_of(inside, second.body, yielded(second)):
        handover.need(value)
    renamed = handover.renamed
    if not renamed:
        return first, second
    second = replace(second, body=(*handover.prefix, *second.body))
    (changed,) = substitute((second,), lambda value: renamed.get(value, value))
    assert isinstance(changed, Loop)
    stacks, tapes = _rows(first, handover.rows, renamed)
    changed = replace(changed, sources=(*handover.sources, *tapes, *changed.sources))
    first = replace(first, stacks=(*first.stacks, *stacks))
    return first, replace(changed, sources=_read_sources(changed))


@dataclass
class _Handover:
    """What a reverse loop needs of its primal loop and of the values ``inside`` it."""

    makers: Mapping[Value, Operation]
    targets: Mapping[Value, Source]
    inside: AbstractSet[Value]
    prefix: list[Operation] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    rows: list[Value] = field(default_factory=list)
    renamed: dict[Value, Value] = field(default_factory=dict)

    def need(self, value: Value) -> Value:
        """Make a value of the primal body available in the reverse body."""
        if value in self.renamed:
            return self.renamed[value]
        source, maker = self.targets.get(value), self.makers.get(value)
        if isinstance(maker, Apply) and maker.placement is Placement.STATIC:
            self._evaluate_again(maker)
            return self.renamed[value]
        self.renamed[value] = fresh = replace(value)
        if source is not None and source.kind in ("range", "tape"):
            self._run_again(value, source, fresh)
        else:
            self.rows.append(value)
        return fresh

    def _run_again(self, value: Value, source: Source, fresh: Value) -> None:
        args = source.args
        if source.kind == "tape":
            args = (list(leaves(source.args[0]))[list(leaves(source.target)).index(value)],)
        self.sources.append(Source(source.kind, args, fresh, reverse=not source.reverse))

    def _evaluate_again(self, maker: Apply) -> None:
        self.renamed.update((value, replace(value)) for value in results(maker))
        args = {v: self.need(v) if v in self.inside else v for v in all_leaves(maker.args)}
        (again,) = substitute((maker,), lambda value: args.get(value, value))
        assert isinstance(again, Apply)
        result = rebuild(again.result, lambda value: self.renamed[value])
        self.prefix.append(replace(again, result=result))


def _read_sources(loop: Loop) -> tuple[Source, ...]:
    """The sources that a loop's body reads, or else one that gives the number of iterations."""
    read = {*used(loop.body), *yielded(loop)}
    found = tuple(s for s in loop.sources if any(value in read for value in leaves(s.target)))
    return found or loop.sources[:1]


def _rows(
    first: Loop, rows: list[Value], renamed: Mapping[Value, Value]
) -> tuple[list[Stack], list[Source]]:
    """One tape of tuples for all values that are kept per iteration."""
    if not rows:
        return [], []
    targets = [source.target for source in first.sources]
    rows = together(rows, first.body, targets)
    group = _fresh_group(first) if len(rows) > 1 else ""
    names = [value.name if group else f"{value.name}_tape" for value in rows]
    tapes = [
        Value(name, Tape(value.type), first.span, derived=True)
        for name, value in zip(names, rows, strict=True)
    ]
    stacks = [Stack(value, tape, group) for value, tape in zip(rows, tapes, strict=True)]
    if not group:
        return stacks, [Source("tape", (tapes[0],), renamed[rows[0]], reverse=True)]
    columns = stacked_rows(tapes, rows, groups(first.body, targets))
    kept = dict(zip(tapes, rows, strict=True))
    target: Tree = rebuild(columns.children[0], lambda tape: renamed[kept[tape]])
    return stacks, [Source("tape", (columns,), target, reverse=True)]


def _fresh_group(loop: Loop) -> str:
    """A fresh label for a list that the loop fills."""
    taken = {stack.group for stack in loop.stacks}
    label, number = "tape", 2
    while label in taken:
        label, number = f"tape_{number}", number + 1
    return label
