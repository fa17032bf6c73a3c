"""The errors that fadc raises. A mistake in a program is a diagnostic, never an exception."""


class UsageError(Exception):
    """The request itself is wrong: an unknown option value, name, key or file.

    The text is one line that can be shown as it is; commands exit with status 2.
    """

    @property
    def message(self) -> str:
        """The one line to show."""
        return str(self)
