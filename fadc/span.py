"""Spans of text in source files."""

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of text: lines count from 1, columns from 0 in code points.

    `ast` counts columns in UTF-8 bytes; whoever makes a Span from it converts them first.
    Spans sort by path, then by where they begin, then by where they end. A tuple, since there is one
    for every node of a program.
    """

    path: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int

    @property
    def start(self) -> tuple[int, int]:
        """The position of the first character."""
        return (self.start_line, self.start_column)

    @property
    def end(self) -> tuple[int, int]:
        """The position after the last character."""
        return (self.end_line, self.end_column)

    def contains(self, other: "Span") -> bool:
        """Whether `other` is inside this span, borders included."""
        return self.path == other.path and self.start <= other.start and other.end <= self.end
