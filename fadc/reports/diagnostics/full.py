"""For people: each diagnostic with its source lines, an underline and what to write instead.

error[FAD202]: server value `w` is given to `client_update` without a broadcast
  --> fedavg.py:12:38
   |
12 |     updated = fed.map(client_update, w, x, y)
   |                                      ^
   = help: write `fed.broadcast(w)` and pass its result [*]

`[*]` marks what `--fix` mends.
"""

from collections.abc import Iterator, Mapping, Sequence

from fadc.diagnostics import Diagnostic, Severity
from fadc.reports.diagnostics.printable import printable, source_lines, width
from fadc.span import Span

_RED, _YELLOW, _CYAN, _BLUE, _BOLD = "1;31", "1;33", "1;36", "1;34", "1"
_COLORS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_MARGIN = " … "
_LONGEST = 4  # the most lines of one span that are all shown


def render(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str],
    *,
    color: bool = False,
    columns: int = 120,
) -> str:
    """The blocks, with an empty line after each. No source line is wider than `columns`."""
    lines = {path: source_lines(source) for path, source in sources.items()}
    return "".join(
        "\n".join(_block(each, lines.get(each.span.path, []), color, columns)) + "\n\n"
        for each in diagnostics
    )


def _block(
    diagnostic: Diagnostic, lines: Sequence[str], color: bool, columns: int
) -> Iterator[str]:
    def paint(style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if color else text

    style = _COLORS[diagnostic.severity]
    gutter = len(str(diagnostic.span.end_line))
    bar = paint(_BLUE, " " * gutter + " |")
    heading = paint(style, f"{diagnostic.severity.value}[{diagnostic.code}]")
    yield f"{heading}{paint(_BOLD, ': ' + printable(diagnostic.message))}"
    yield f"{paint(_BLUE, ' ' * gutter + '-->')} {_position(diagnostic.span)}"
    shown = list(_shown(diagnostic.span, lines))
    yield from [bar] * bool(shown)
    for number, text, start, end in shown:
        if number is None:
            yield paint(_BLUE, "...")
            continue
        code, carets = _window(text, start, end, columns - gutter - 3)
        yield f"{paint(_BLUE, f'{number:>{gutter}} |')} {code}".rstrip()
        yield f"{bar} {paint(style, carets)}"
    for span, label in diagnostic.related:
        note = f"{_position(span)}: {printable(label)}"
        yield f"{paint(_BLUE, ' ' * gutter + ' =')} {paint(_BOLD, 'note')}: {note}"
    mark = " [*]" if diagnostic.fix is not None else ""
    helped = f"{paint(_BOLD, 'help')}: {printable(diagnostic.help)}{mark}"
    yield f"{paint(_BLUE, ' ' * gutter + ' =')} {helped}"


def _position(span: Span) -> str:
    return printable(f"{span.path}:{span.start_line}:{span.start_column + 1}")


def _shown(span: Span, lines: Sequence[str]) -> Iterator[tuple[int | None, str, int, int]]:
    """The number, text and underlined columns of each line to show; number None marks a gap."""
    numbers = [n for n in range(span.start_line, span.end_line + 1) if 0 < n <= len(lines)]
    gap = len(numbers) > _LONGEST
    for number in [*numbers[:2], *numbers[-1:]] if gap else numbers:
        text = lines[number - 1]
        indent = len(text) - len(text.lstrip())
        start = span.start_column if number == span.start_line else indent
        end = span.end_column if number == span.end_line else len(text.rstrip())
        if gap and number == numbers[-1]:
            yield None, "", 0, 0
        yield number, text, start, max(end, start + 1)


def _window(text: str, start: int, end: int, columns: int) -> tuple[str, str]:
    """The line and its underline, cut to the columns so that the underline's start is visible."""
    before, marked, after = (
        printable(part) for part in (text[:start], text[start:end], text[end:])
    )
    room = max(columns, 20)
    if width(before + marked + after) <= room:
        return before + marked + after, " " * width(before) + "^" * max(width(marked), 1)
    if width(before) > room // 2:
        before = _MARGIN + _last(before, room // 3)
    shown = _first(marked, room - width(before) - len(_MARGIN))
    code = _first(before + marked + after, room - len(_MARGIN))
    cut = _MARGIN if code != before + marked + after else ""
    return code + cut, " " * width(before) + "^" * max(width(shown), 1)


def _first(text: str, columns: int) -> str:
    """The longest prefix that fits."""
    while width(text) > columns:
        text = text[: max(columns, 0)] if len(text) > columns else text[:-1]
    return text


def _last(text: str, columns: int) -> str:
    """The longest suffix that fits."""
    return _first(text[::-1], columns)[::-1]
