"""Decides which lines of a document break: as few as the line width allows.

This is the algorithm of ruff's printer, without the printing: its decisions are put into nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from fadc.emit.code.documents import (
    Brackets,
    Document,
    IfBroken,
    Indent,
    Line,
    LineGroup,
    Mark,
    Parenthesized,
    Variants,
    comment_width,
    width,
)

WIDTH = 100
INDENT = 4


@dataclass(frozen=True)
class Decisions:
    """The line breaks of a document with indentation ``base``.

    ``columns`` maps the lines that break to the column at which the next one starts; ``broken`` are
    the groups whose lines break, ``chosen`` the index of the variant chosen for each ``Variants``.
    """

    base: int = 0
    columns: dict[Line, int] = field(default_factory=dict)
    broken: set[Mark] = field(default_factory=set)
    chosen: dict[Variants, int] = field(default_factory=dict)

    def breaks(self, mark: Mark | None, otherwise: bool) -> bool:
        """Whether the lines of a group break, by default those of the group around."""
        return otherwise if mark is None else mark in self.broken

    def set(self, mark: Mark | None, broken: bool) -> None:
        if mark is not None:
            (self.broken.add if broken else self.broken.discard)(mark)


class Until(Enum):
    """How far a text has to fit on the line."""

    BREAK = auto()  # the text before its first line break
    END = auto()  # all of its lines
    BRACKET = auto()  # the text after its last line break


class Item(NamedTuple):
    """A part of a document, its indentation, whether its lines break and how far it must fit."""

    document: Document
    indent: int
    broken: bool
    until: Until = Until.BREAK


NO_LIMIT = 10**9


def decide(document: Document, column: int = 0, limit: int = WIDTH) -> Decisions:
    """Decide all line breaks of a document that starts in a column, which is its indentation."""
    printer = _Printer(limit, column, [Item(document, column, broken=True)])
    while printer.rest:
        printer.take(printer.rest.pop())
    return printer.decisions


class _Printer:
    """A position in a document: the column, the remaining parts, and the decisions so far."""

    def __init__(self, limit: int, column: int, rest: list[Item]) -> None:
        self.limit, self.column, self.rest = limit, column, rest
        self.decisions = Decisions(column)
        self.measured = False  # Whether the rest of the line is known to fit.

    def take(self, item: Item) -> None:
        """Advance past a part, or replace it by its own parts."""
        document, indent, broken, _ = item
        match document:
            case str():
                self.column = _end(self.column, document)
            case Line() if document.hard or _line_breaks(document, item, self.decisions):
                self.decisions.columns[document] = self.column = indent
                self.measured = False
            case Line():
                self.column += len(document.flat)
            case LineGroup():
                self.rest.append(self._group(document, item))
            case Parenthesized():
                self.rest.append(self._parenthesized(document, item))
            case Variants():
                self.rest.append(self._choice(document, item))
            case Brackets(content, when):
                if not self.decisions.breaks(when, otherwise=False):
                    self.measured = False
                self.rest.append(Item(content, indent, broken))
            case _:
                self.rest += _parts(document, item, self.decisions)

    def _group(self, group: LineGroup, item: Item) -> Item:
        broken = item.broken
        if self.decisions.breaks(group.when, otherwise=True):
            broken = group.forced or not self._stays_flat(group.content, item, group.mark)
            self.decisions.set(group.mark, broken)
        return Item(group.content, item.indent, broken)

    def _stays_flat(self, content: Document, item: Item, mark: Mark | None) -> bool:
        """Whether content fits on one line, which is known if the content around it does."""
        if not item.broken and self.measured:
            return True
        self.measured = True
        self.decisions.set(mark, broken=False)
        return self._fits(Item(content, item.indent, broken=False))

    def _parenthesized(self, parenthesized: Parenthesized, item: Item) -> Item:
        content, mark = parenthesized.content, parenthesized.mark
        if not self._stays_flat(content, item, mark):
            self.decisions.set(mark, broken=True)
            inside = Indent((parenthesized.opening, content))
            lines: Document = ("(", inside, parenthesized.closing, ")")
            if self._fits(Item(lines, item.indent, broken=True, until=Until.END)):
                return Item(lines, item.indent, broken=True)
        self.decisions.set(mark, broken=False)
        return Item(content, item.indent, broken=False)

    def _choice(self, choice: Variants, item: Item) -> Item:
        *variants, last = choice.variants
        flat = not item.broken and self.measured
        self.measured = True
        for number, variant in enumerate(variants):
            tried = Item(variant, item.indent, broken=False)
            if (flat or self._fits(tried)) and (choice.tidies or self.limit != NO_LIMIT):
                self.decisions.chosen[choice] = number
                return tried
        self.decisions.chosen[choice] = len(variants)
        return Item(last, item.indent, broken=True)

    def _fits(self, item: Item) -> bool:
        """Whether a part fits together with what follows it on the same line."""
        column, stack, rest = self.column, [item], len(self.rest)
        while stack or rest:
            if not stack:
                rest -= 1
            item = stack.pop() if stack else self.rest[rest]
            document = item.document
            if isinstance(document, Line):
                if document.hard or _line_breaks(document, item, self.decisions):
                    column += comment_width(document.behind)
                    if item.until is Until.BREAK or not item.broken:
                        return column <= self.limit
                    if item.until is Until.END and column > self.limit:
                        return False
                    column = item.indent
                    continue
                column += len(document.flat)
            elif isinstance(document, str):
                if "\n" in document and item.until is Until.BREAK:
                    return column + width(document.partition("\n")[0]) <= self.limit
                column = _end(column, document)
            elif isinstance(document, Brackets) and _is_stuck(document, item, self.decisions):
                return False
            else:
                stack += _parts(document, item, self.decisions)
            if column > self.limit and item.until is not Until.BRACKET:
                return False
        return True


def _line_breaks(line: Line, item: Item, decisions: Decisions) -> bool:
    return item.broken and decisions.breaks(line.when, otherwise=True)


def _is_stuck(brackets: Brackets, item: Item, decisions: Decisions) -> bool:
    """Whether brackets would have to break their lines where no line may break."""
    return brackets.forced and not item.broken and decisions.breaks(brackets.when, otherwise=False)


def _parts(document: Document, item: Item, decisions: Decisions) -> list[Item]:
    """The parts of a document to measure, the last one first."""
    _, indent, broken, until = item
    match document:
        case tuple():
            return [Item(part, indent, broken, until) for part in reversed(document)]
        case Indent(content, when):
            indent += INDENT * decisions.breaks(when, otherwise=True)
        case IfBroken(content, mark):
            if not decisions.breaks(mark, broken):
                return []
        case LineGroup(content, mark, when, forced):
            if decisions.breaks(when, otherwise=True):
                broken = broken or forced
                decisions.set(mark, broken)
        case Parenthesized(content, mark):
            decisions.set(mark, broken)
        case Brackets(content, when):
            if not broken and not decisions.breaks(when, otherwise=False):
                broken, until = True, Until.BRACKET
        case Variants(variants):
            content = variants[-1 if broken else 0]
        case _:
            raise AssertionError(document)
    return [Item(content, indent, broken, until)]


def _end(column: int, text: str) -> int:
    """The column after a text."""
    _, newline, last = text.rpartition("\n")
    return width(last) if newline else column + width(last)
