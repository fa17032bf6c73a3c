"""The exceptions that fadc raises. An error in a program is a diagnostic, never an exception."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fadc.diagnostics import Diagnostic


class UsageError(Exception):
    """The request itself is wrong: an unknown option value, name, key or file.

    The text is one line that can be shown as it is; commands exit with status 2.
    """

    @property
    def message(self) -> str:
        """The one line to show."""
        return str(self)


class TransformError(ValueError):
    """A program that cannot be differentiated was given as a function.

    The text shows each diagnostic with its lines, as `fadc transform` does; `diagnostics` holds
    them.
    """

    def __init__(self, text: str, diagnostics: "tuple[Diagnostic, ...]") -> None:
        super().__init__(text)
        self.diagnostics = diagnostics
