"""Diagnostics of a program, and fixes for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from fadc.span import Span


class Severity(Enum):
    """The severity of a diagnostic. Only errors refuse a program."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Edit:
    """The text that replaces a span; an empty span is an insertion."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend one diagnostic and change nothing else about the program.

    `title` is an imperative for a menu, in the words of the program: "broadcast `w`". The edits
    are sorted and do not overlap.
    """

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: `message` and `help` are single lines without a final stop.

    `related` are further spans that the message is about, each with a short text on its role. `fix`
    is set if the rule has a safe one and the caller has asked for fixes.
    """

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    help: str
    related: tuple[tuple[Span, str], ...] = ()
    fix: Fix | None = None


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of these is an error."""
    return any(each.severity is Severity.ERROR for each in diagnostics)
