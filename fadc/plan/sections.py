"""Finds the sections of a computation: the stages of its blocks and their dependences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.arrays import Known, factors, is_scalar, jacobian_factors
from fadc.analyses.client_work import Active, UploadWork, broadcasts_behind, makers_of, work_behind
from fadc.analyses.levels import has_messages, levels, reads
from fadc.analyses.sizes import ONE, Size, total
from fadc.ir import (
    Aggregate,
    Block,
    Call,
    Loop,
    Operation,
    Tree,
    Value,
    all_leaves,
    blocks,
    leaves,
    results,
    walk,
)
from fadc.plan.stages import Body, Called, Nodes, Reaches, Section, Stage, size_of
from fadc.plan.trips import trips_of

AGAIN = "the loop runs again from its checkpoints"


def find_sections(
    body: Body, known: Known, called: Callable[[Call, Body], Called], checkpointed: bool = False
) -> tuple[Section, ...]:
    """The sections of a block and of the loops, branches and calls inside it, outer ones first.

    ``called`` finds the block of a called computation; its sections are found once for all calls
    with the same active values, and ``trips`` is the sum over these calls. Loops that are
    ``checkpointed`` run again in the reverse sweep, so no Jacobian of their stages is accumulated.
    """
    finder = _Finder(*body[1:], known, called, checkpointed, _order(body[0]))
    return tuple(_numbered(finder.sections(body[0])))


def _order(block: Block) -> dict[Operation, int]:
    return {operation: index for index, operation in enumerate(walk(block))}


def _numbered(sections: Iterable[Section]) -> Iterator[Section]:
    """The sections with their stages numbered in the order of the text, except those of callees."""
    found = list(sections)
    own = [section for section in found if section.call is None]
    stages = sorted((s for section in own for s in section.stages), key=lambda s: s.number)
    numbers = {stage: index for index, stage in enumerate(stages, 1)}
    for section in found:
        if section.call is not None:
            yield section
            continue
        numbered = tuple(replace(stage, number=numbers[stage]) for stage in section.stages)
        yield replace(section, stages=numbered)


Found = Iterator[tuple[Section, Size, Call | None]]
"""Sections, how often their blocks run, and the call that they are inside of."""


@dataclass
class _Finder:
    active: Active
    directions: Reaches
    known: Known
    called: Callable[[Call, Body], Called]
    checkpointed: bool
    order: Mapping[Operation, int]
    inside: dict[object, dict[Section, Size]] = field(default_factory=dict)

    def sections(self, block: Block) -> Iterator[Section]:
        """The sections of a block; the stages of calls have no choice of their own."""
        for section, trips, call in self._found(block, ONE, None):
            stages = section.stages if call is None else tuple(map(replace, section.stages))
            yield replace(section, stages=stages, trips=trips, call=call)

    def _found(self, block: Block, trips: Size, loop: Loop | None) -> Found:
        """The section of a block, then those inside it; ``loop`` is the loop around it, if any."""
        section = self._section(block, loop is not None and self.checkpointed)
        if section.stages:
            yield section, trips, None
        for operation in block:
            around = operation if isinstance(operation, Loop) else loop
            inside = (
                trips.times(trips_of(operation, self.known))
                if isinstance(operation, Loop)
                else trips
            )
            for inner in blocks(operation):
                yield from self._found(inner, inside, around)
            if isinstance(operation, Call):
                for section, times in self._of_call(operation, block).items():
                    yield section, times.times(trips), operation

    def _of_call(self, call: Call, block: Block) -> dict[Section, Size]:
        """The sections of a callee and all that it calls, and how often each runs in one call."""
        key, body = self.called(call, (block, self.active, self.directions))
        if key not in self.inside:
            inner, active, directions = body
            finder = replace(self, active=active, directions=directions, order=_order(inner))
            found: dict[Section, Size] = {}
            for section, times, _ in finder._found(inner, ONE, None):
                found[section] = found.get(section, Size()) + times
            self.inside[key] = found
        return self.inside[key]

    def _section(self, block: Block, again: bool) -> Section:
        found = levels(block)
        makers = makers_of(block)
        messages: dict[object, list[Operation]] = {}
        for operation in block:
            if isinstance(operation, Aggregate):
                messages.setdefault(found.operations[operation], []).append(operation)
            elif has_messages(operation):
                messages[operation] = [operation]
        order = sorted(messages.values(), key=lambda group: found.operations[group[0]])
        numbers = {op: index for index, group in enumerate(order) for op in group}
        upstream = self._upstream(block, numbers, len(order))
        stages = [
            self._stage(node, [op for op in group if isinstance(op, Aggregate)], makers)
            for node, group in enumerate(order)
            if isinstance(group[0], Aggregate)
        ]
        if again:
            stages = [replace(s, obstacle=AGAIN) for s in stages]
        return Section(tuple(stages), upstream)

    def _upstream(
        self, block: Block, numbers: Mapping[Operation, int], count: int
    ) -> tuple[Nodes, ...]:
        """For each node, the nodes that its cotangents go back to, along active values."""
        behind: dict[Value, Nodes] = {}
        found: list[Nodes] = [frozenset()] * count
        for operation in block:
            read = (behind.get(v, frozenset()) for v in reads(operation) if self.active(v))
            nodes = frozenset().union(*read)
            if operation in numbers:
                number = numbers[operation]
                found[number] |= nodes
                nodes |= {number}
            for value in results(operation):
                behind[value] = nodes
        return tuple(found)

    def _stage(
        self, node: int, messages: list[Aggregate], makers: Mapping[Value, Operation]
    ) -> Stage:
        number = min(self.order[message] for message in messages)
        pairs = [pair for op in messages for pair in zip(op.values, op.results, strict=True)]
        active = [(upload, result) for upload, result in pairs if self.active(result)]
        shown = active or pairs
        names = tuple(_name(upload, result) for upload, result in shown)
        line = min(_line(upload, result) for upload, result in shown)
        if not active:
            return Stage(number, names, line, node)
        works = [work_behind(upload, makers, self.active) for upload, _ in active]
        up: dict[Value, Size] = {}
        for upload, _ in active:
            for by in broadcasts_behind(upload, makers, self.active):
                up[by] = size_of(factors(by, self.known))
        dots = [
            (each.count, leaf)
            for each in self.directions
            for upload, result in active
            if each.active(result)
            for leaf in leaves(upload)
        ]
        return Stage(
            number,
            names,
            line,
            node,
            tuple(result for _, result in active),
            total(
                size_of(factors(value, self.known)) for value in all_leaves(u for u, _ in active)
            ),
            up,
            total(self._jacobian(work) for work in works if isinstance(work, UploadWork)),
            len(active) == 1 and all(_is_scalar(upload, self.known) for upload, _ in active),
            next((work for work in works if isinstance(work, str)), None),
            total(size_of(factors(value, self.known)).times(count) for count, value in dots),
            {by: size.times(self._tangents(by)) for by, size in up.items()},
        )

    def _tangents(self, by: Value) -> Size:
        """The number of a value's tangents that the clients cannot know."""
        sent = (each for each in self.directions if each.active(by) and by is not each.seed)
        return total(each.count for each in sent)

    def _jacobian(self, work: UploadWork) -> Size:
        """The size of the Jacobian of one upload."""
        values = dict.fromkeys(by for _, by in work.inputs)
        return total(size_of(jacobian_factors(work.upload, by, self.known)) for by in values)


def _is_scalar(upload: Tree, known: Known) -> bool:
    return isinstance(upload, Value) and is_scalar(upload, known)


def _name(upload: Tree, result: Value) -> str:
    """The user's name for an upload, or for the aggregate if the upload has no name."""
    if isinstance(upload, Value) and (result.anonymous or not upload.anonymous):
        return upload.name
    return result.name


def _line(upload: Tree, result: Value) -> int:
    return upload.span.start_line if isinstance(upload, Value) else result.span.start_line
