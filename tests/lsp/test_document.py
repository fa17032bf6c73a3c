"""Columns: ours are code points, an editor's are UTF-16 units unless it asks for others."""

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from fadc.lsp.document import Document
from fadc.span import Span

SOURCE = 'a = "🐍é" + b\x0c + c\r\nd = "𝒘"'


def _document(encoding: types.PositionEncodingKind) -> Document:
    codec = PositionCodec(encoding)
    return Document.of(TextDocument("file:///p/a.py", SOURCE, 3, position_codec=codec))


@pytest.mark.parametrize(
    ("encoding", "start", "end"),
    [
        (types.PositionEncodingKind.Utf32, 10, 15),
        (types.PositionEncodingKind.Utf16, 11, 16),
        (types.PositionEncodingKind.Utf8, 14, 19),
    ],
)
def test_columns_behind_wide_characters(
    encoding: types.PositionEncodingKind, start: int, end: int
) -> None:
    """There and back. A form feed ends no line."""
    document = _document(encoding)
    span = Span("/p/a.py", 1, 10, 1, 15)
    given = types.Range(types.Position(0, start), types.Position(0, end))
    assert document.range(span) == given
    assert document.span(given) == span


def test_lines_end_as_the_protocol_says() -> None:
    """A carriage return belongs to the line's end."""
    document = _document(types.PositionEncodingKind.Utf16)
    assert document.lines == ['a = "🐍é" + b\x0c + c\n', 'd = "𝒘"\n']
    assert document.position(2, 6) == types.Position(1, 7)


def test_positions_outside_the_text_are_drawn_in() -> None:
    """Editors may ask about a text that has changed."""
    document = _document(types.PositionEncodingKind.Utf16)
    assert document.place(types.Position(0, 999)) == (1, 17)
    assert document.place(types.Position(99, 0))[0] == 2
