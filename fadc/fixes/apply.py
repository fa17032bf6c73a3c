"""Applies fixes: from a text and its diagnostics to a text with fewer.

As in ruff, all fixes that do not touch each other are applied, the result is checked again, and so on
until nothing changes. A fix that leaves its diagnostic, breaks the syntax or makes a new error
where it has edited is not applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fadc.diagnostics import Diagnostic, Edit, Fix, Severity

ROUNDS = 100
"""The most rounds: more than any program needs, in case two fixes undo each other."""

Check = Callable[[str], list[Diagnostic]]
"""All diagnostics of a text, with their fixes."""

Select = Callable[[Sequence[Diagnostic]], list[Diagnostic]]
"""Selects the wanted diagnostics; others are not fixed."""

Position = tuple[int, int]


@dataclass(frozen=True)
class Fixed:
    """A text after its fixes, its remaining diagnostics, and the number of mended ones."""

    text: str
    diagnostics: list[Diagnostic]
    count: int = 0


def fix_text(text: str, check: Check, select: Select) -> Fixed:
    """The text with every wanted fix applied, and the remaining wanted diagnostics."""
    found, count = check(text), 0
    for _ in range(ROUNDS):
        improved = _improved(text, found, check, select(found))
        if improved is None:
            break
        text, found, count = improved.text, improved.diagnostics, count + improved.count
    return Fixed(text, select(found), count)


def _improved(
    text: str, found: list[Diagnostic], check: Check, wanted: Sequence[Diagnostic]
) -> Fixed | None:
    """One round: all compatible fixes, or the first single fix that improves the text."""
    fixable = [each for each in wanted if each.fix is not None]
    together = _compatible(fixable)
    for chosen in (together, *([each] for each in fixable)) if fixable else ():
        applied = apply(text, list(dict.fromkeys(each.fix for each in chosen if each.fix)))
        after = check(applied.text)
        if _is_better(applied, found, after, chosen):
            return Fixed(applied.text, after, len(chosen))
    return None


def _compatible(fixable: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The fixes, from the top, whose edits touch no others'. A shared fix counts once.

    An edit with a line break may bind a new name. Only one of these is applied per round, so that
    the next one sees the name.
    """
    chosen: list[Diagnostic] = []
    taken: list[Edit] = []
    for each in fixable:
        assert each.fix is not None
        edits = each.fix.edits
        if any(each.fix == other.fix for other in chosen):
            chosen.append(each)
        elif not any(_conflict(edit, other) for edit in edits for other in taken):
            chosen.append(each)
            taken += edits
    return chosen


def _conflict(edit: Edit, other: Edit) -> bool:
    first, second = edit.span, other.span
    if first.start == second.start or ("\n" in edit.text and "\n" in other.text):
        return True
    return first.start < second.end and second.start < first.end


@dataclass(frozen=True)
class Applied:
    """A text after edits. `changes` are (start, end, new start, new end) of each, in order.

    `stretches` are, for each fix, the start and end of what it has changed in the new text.
    """

    before: str
    text: str
    changes: tuple[tuple[int, int, int, int], ...]
    stretches: tuple[tuple[int, int], ...]

    def moved(self, position: Position) -> int:
        """The position in the new text of a position in the old one."""
        at = _offset(self.before, position)
        for start, end, new_start, new_end in reversed(self.changes):
            if end <= at:
                return at - end + new_end
            if start <= at:
                return new_start
        return at


def apply(text: str, fixes: Sequence[Fix]) -> Applied:
    """The text after the edits of fixes, none of which overlap."""
    edits = [(edit, number) for number, fix in enumerate(fixes) for edit in fix.edits]
    parts: list[str] = []
    changes: list[tuple[int, int, int, int]] = []
    stretches: dict[int, tuple[int, int]] = {}
    position = length = 0
    for edit, number in sorted(edits, key=lambda pair: pair[0].span):
        start, end = _offset(text, edit.span.start), _offset(text, edit.span.end)
        parts += [text[position:start], edit.text]
        new_start = length + start - position
        length, position = new_start + len(edit.text), end
        changes.append((start, end, new_start, length))
        stretches[number] = stretches.get(number, (new_start, 0))[0], length
    new_text = "".join([*parts, text[position:]])
    return Applied(text, new_text, tuple(changes), tuple(stretches.values()))


def _is_better(
    applied: Applied,
    before: Sequence[Diagnostic],
    after: Sequence[Diagnostic],
    mended: Sequence[Diagnostic],
) -> bool:
    """Whether the mended diagnostics are gone and no new error is in edited text.

    Elsewhere, new errors may appear that another one has hidden before.
    """
    known = {(each.code, applied.moved(each.span.start)) for each in before}
    found = {(each.code, _offset(applied.text, each.span.start)): each for each in after}
    if any((each.code, applied.moved(each.span.start)) in found for each in mended):
        return False
    new = [each for key, each in found.items() if key not in known]
    errors = [each for each in new if each.severity is Severity.ERROR]
    return not any(each.code == "FAD100" or _is_inside(applied, each) for each in errors)


def _is_inside(applied: Applied, diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic of the new text is inside a part that a fix has changed."""
    start, end = (
        _offset(applied.text, each) for each in (diagnostic.span.start, diagnostic.span.end)
    )
    return any(first <= start and end <= last for first, last in applied.stretches)


def _offset(text: str, position: Position) -> int:
    """The offset in characters of a position (line from 1, column)."""
    line, column = position
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column
