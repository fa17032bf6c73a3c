"""A text in an editor, and its columns: fadc counts code points, the editor its own units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from fadc.span import Span
from fadc.texts import normalised


@dataclass(frozen=True)
class Document:
    """One version of a text. Lines end as for the protocol and for `ast`, not at form feeds."""

    uri: str
    path: str
    text: str
    version: int | None
    codec: PositionCodec

    @staticmethod
    def of(document: TextDocument) -> Document:
        text = normalised(document.source)
        return Document(
            document.uri, document.path, text, document.version, document.position_codec
        )

    @cached_property
    def lines(self) -> list[str]:
        return [f"{line}\n" for line in self.text.split("\n")]

    def position(self, line: int, column: int) -> types.Position:
        """A position of fadc's (lines from 1), as the editor counts."""
        return self.codec.position_to_client_units(self.lines, types.Position(line - 1, column))

    def range(self, span: Span) -> types.Range:
        """A span as the editor counts."""
        return types.Range(self.position(*span.start), self.position(*span.end))

    def place(self, given: types.Position) -> tuple[int, int]:
        """The editor's position as fadc's: lines from 1, columns from 0 in code points."""
        found = self.codec.position_from_client_units(self.lines, given)
        return found.line + 1, found.character

    def span(self, given: types.Range) -> Span:
        """The span of an editor's range."""
        return Span(self.path, *self.place(given.start), *self.place(given.end))
