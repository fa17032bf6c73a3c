"""What must hold of the findings for any text whatever."""

from __future__ import annotations

from collections.abc import Iterator

import fadc
from fadc.diagnostics import Diagnostic, Severity


def findings(source: str, path: str = "program.py") -> list[Diagnostic]:
    """What `check` finds: sorted, each once, each on a stretch of the text. Never a traceback."""
    found = list(fadc.check(source, filename=path))
    keys = [(each.span, each.code, each.message) for each in found]
    assert [(span, code) for span, code, _ in keys] == sorted((s, c) for s, c, _ in keys), keys
    assert len(set(keys)) == len(keys), keys
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for each in found:
        span = each.span
        assert each.message and "\n" not in each.message + each.help, each
        assert span.path == path and span.start <= span.end, each
        assert 1 <= span.start_line and span.end_line <= len(lines), each
        for line, column in (span.start, span.end):
            assert 0 <= column <= len(lines[line - 1]), each
    return found


def errors(found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings that refuse a program."""
    return (each for each in found if each.severity is Severity.ERROR)
