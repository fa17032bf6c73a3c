"""Applies fixes: from a text and what is wrong with it to a text with less of it.

As in ruff, all fixes that do not touch each other are applied, the result is checked again, and so on
until nothing changes. A fix that leaves its diagnostic, breaks the syntax or makes a new error
where it has edited is not applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fadc.diagnostics import Diagnostic, Edit, Fix, Severity

ROUNDS = 100
"""More than any program needs; a bound in case that two fixes undo each other."""

Check = Callable[[str], list[Diagnostic]]
"""All diagnostics of a text, with their fixes."""

Select = Callable[[Sequence[Diagnostic]], list[Diagnostic]]
"""Those that are wanted; the others are not fixed."""

Stretch = tuple[int, int]


@dataclass(frozen=True)
class Fixed:
    """A text after its fixes, what is still wrong with it, and how many diagnostics were mended."""

    text: str
    diagnostics: list[Diagnostic]
    count: int = 0


def fix_text(text: str, check: Check, select: Select) -> Fixed:
    """The text with every wanted fix applied, and with what remains of the wanted diagnostics."""
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
    """One round: as many fixes as go together or, where that is no good, the first that is."""
    fixable = [each for each in wanted if each.fix is not None]
    together = _compatible(fixable)
    for chosen in (together, *([each] for each in fixable)) if fixable else ():
        fixes = list(dict.fromkeys(each.fix for each in chosen if each.fix))
        changed, stretches = apply(text, fixes)
        after = check(changed)
        if _is_better(found, after, chosen, changed, stretches):
            return Fixed(changed, after, len(chosen))
    return None


def _compatible(fixable: Sequence[Diagnostic]) -> list[Diagnostic]:
    """From the top, those whose edits touch no others'. A fix that several share is one.

    An edit with a line break may bind a new name. There is one of these a round, so that the next
    one sees the name.
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


def apply(text: str, fixes: Sequence[Fix]) -> tuple[str, list[Stretch]]:
    """The text after edits that do not overlap, and the stretch of it that each fix has changed."""
    starts = _line_starts(text)
    edits = [(edit, number) for number, fix in enumerate(fixes) for edit in fix.edits]
    parts: list[str] = []
    stretches: dict[int, Stretch] = {}
    position = length = 0
    for edit, number in sorted(edits, key=lambda pair: pair[0].span):
        begin, end = _offset(starts, edit.span.start), _offset(starts, edit.span.end)
        parts += [text[position:begin], edit.text]
        first = length + begin - position
        length, position = first + len(edit.text), end
        stretches[number] = stretches.get(number, (first, first))[0], length
    return "".join([*parts, text[position:]]), list(stretches.values())


def _is_better(
    before: list[Diagnostic],
    after: list[Diagnostic],
    mended: Sequence[Diagnostic],
    text: str,
    stretches: Sequence[Stretch],
) -> bool:
    """Whether the mended ones are gone and none of the errors that are new lies in what was edited.

    Elsewhere an error may come to light that could not be seen while another hid it.
    """
    old, new = Counter(map(_identity, before)), Counter(map(_identity, after))
    if any(new[_identity(each)] >= old[_identity(each)] for each in mended):
        return False
    added = [each for each in _errors(after) if new[_identity(each)] > old[_identity(each)]]
    starts = _line_starts(text)
    spans = [(_offset(starts, e.span.start), _offset(starts, e.span.end)) for e in added]
    inside = any(a <= b and c <= d for a, d in stretches for b, c in spans)
    return not inside and not any(each.code == "FAD100" for each in added)


def _errors(diagnostics: list[Diagnostic]) -> Iterator[Diagnostic]:
    return (each for each in diagnostics if each.severity is Severity.ERROR)


def _identity(diagnostic: Diagnostic) -> tuple[str, str]:
    """What stays the same about a diagnostic when the lines around it change."""
    return diagnostic.code, diagnostic.message


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _offset(starts: list[int], position: tuple[int, int]) -> int:
    line, column = position
    return starts[line - 1] + column
