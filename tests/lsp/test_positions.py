"""Columns: ours are code points, an editor's are UTF-16 units unless it asks for others."""

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from fadc.lsp.positions import Text
from fadc.span import Span

SOURCE = 'a = "🐍é" + b\x0c + c\r\nd = "𝒘"'


def _text(encoding: types.PositionEncodingKind) -> Text:
    codec = PositionCodec(encoding)
    return Text.of(TextDocument("file:///p/a.py", SOURCE, 3, position_codec=codec))


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
    text = _text(encoding)
    span = Span("/p/a.py", 1, 10, 1, 15)
    given = types.Range(types.Position(0, start), types.Position(0, end))
    assert text.range(span) == given
    assert text.span(given) == span


def test_lines_end_as_the_protocol_says() -> None:
    """A carriage return belongs to the line's end."""
    text = _text(types.PositionEncodingKind.Utf16)
    assert text.lines == ['a = "🐍é" + b\x0c + c\n', 'd = "𝒘"\n']
    assert text.position(2, 6) == types.Position(1, 7)


def test_positions_outside_the_text_are_drawn_in() -> None:
    """Editors may ask about a text that has changed."""
    text = _text(types.PositionEncodingKind.Utf16)
    assert text.place(types.Position(0, 999)) == (1, 17)
    assert text.place(types.Position(99, 0))[0] == 2
