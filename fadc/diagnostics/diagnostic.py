"""What fadc has to say about one place in a program."""

from dataclasses import dataclass
from enum import Enum

from fadc.span import Span


class Severity(Enum):
    """How bad it is. Only errors refuse a program."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: `message` and `help` are single lines without a final stop.

    `related` are further places that the message speaks of, each with a word on its part in it.
    """

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    help: str
    related: tuple[tuple[Span, str], ...] = ()
