"""Colours and width of the terminal, if there is one, and the output of text and bytes."""

import os
import sys
from typing import Literal, TextIO

When = Literal["auto", "always", "never"]


def wants_color(when: str, stream: TextIO | None) -> bool:
    """Whether to colour, by the option first, then NO_COLOR and FORCE_COLOR, then the terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO | None) -> int:
    """The terminal's width, or without a terminal one that suits a log file."""
    if stream is None or not stream.isatty():
        return 120
    import shutil  # Imported here, since it imports archive formats, too.

    return shutil.get_terminal_size((120, 24)).columns


def say(text: str, stream: TextIO | None) -> None:
    """Prints and flushes text, so that a closed pipe is noticed while it can still be handled.

    `stream` is None where it was closed before Python started.
    """
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def say_bytes(content: bytes) -> None:
    """Prints a file's content unchanged, line ends included."""
    if sys.stdout is None:
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
