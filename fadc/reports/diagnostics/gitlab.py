"""A GitLab Code Quality report (https://docs.gitlab.com/ci/testing/code_quality/)."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fadc.diagnostics import Diagnostic, Severity
from fadc.reports.diagnostics.paths import relative
from fadc.reports.diagnostics.printable import source_lines

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """The report. Fingerprints survive edits elsewhere in the file: they contain no line number."""
    seen: Counter[str] = Counter()
    issues = []
    for each in diagnostics:
        identity = _identity(each, sources)
        issues.append(_issue(each, f"{identity}\0{seen[identity]}"))
        seen[identity] += 1
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _identity(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """The properties of a diagnostic that stay the same when the file around it changes."""
    span = diagnostic.span
    lines = source_lines(sources.get(span.path, ""))[span.start_line - 1 : span.end_line]
    text = " ".join(" ".join(lines).split())
    return "\0".join((relative(span.path), diagnostic.code, diagnostic.message, text))


def _issue(diagnostic: Diagnostic, identity: str) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "description": f"{diagnostic.code}: {diagnostic.message}",
        "check_name": diagnostic.name,
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {
            "path": relative(span.path),
            "lines": {"begin": span.start_line, "end": span.end_line},
        },
    }
