"""A JSON array of diagnostics, with the keys that ruff uses for the same things."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fadc.diagnostics import Diagnostic, Fix
from fadc.span import Span


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """The array, indented; `[]` where there is nothing to report."""
    return json.dumps([record(each) for each in diagnostics], indent=2, ensure_ascii=False) + "\n"


def record(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data. Rows and columns are counted from 1, ends are exclusive."""
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        **_place(diagnostic.span),
        "related": [{"message": label, **_place(span)} for span, label in diagnostic.related],
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"content": edit.text, **_ends(edit.span)} for edit in fix.edits]
    return {"applicability": "safe", "message": fix.title, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    return {"filename": span.path, **_ends(span)}


def _ends(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.start_line, "column": span.start_column + 1},
        "end_location": {"row": span.end_line, "column": span.end_column + 1},
    }
