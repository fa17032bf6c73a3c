"""GitHub Actions workflow commands, which become annotations of a pull request.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from collections.abc import Mapping, Sequence

from fadc.diagnostics import Diagnostic, Severity
from fadc.reports.diagnostics.paths import relative

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """One command per diagnostic."""
    return "".join(f"{_command(each)}\n" for each in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in _place(diagnostic).items())
    text = _data(f"{diagnostic.code} {diagnostic.message}: {diagnostic.help}")
    return f"::{_COMMANDS[diagnostic.severity]} {properties}::{text}"


def _place(diagnostic: Diagnostic) -> dict[str, str]:
    """The position; with columns only if the span is on one line: the runner warns otherwise."""
    span = diagnostic.span
    lines = {"line": str(span.start_line), "endLine": str(span.end_line)}
    columns = {"col": str(span.start_column + 1), "endColumn": str(span.end_column + 1)}
    title, file = f"fadc ({diagnostic.code})", relative(span.path)
    one_line = span.start_line == span.end_line
    return {"title": title, "file": file, **lines, **(columns if one_line else {})}


def _data(text: str) -> str:
    """Text escaped as GitHub's toolkit for actions does it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
