"""Reading and writing the files that a command names."""

import io
import os
import re
import sys
import tokenize
from contextlib import suppress
from dataclasses import dataclass

from fadc.errors import UsageError


@dataclass(frozen=True)
class SourceFile:
    """A module's text with lines ending in `\\n`, how its lines ended in the file, and its bytes."""

    path: str
    text: str
    newline: str
    encoding: str
    content: bytes


def read(path: str) -> SourceFile:
    """The file. Raises UsageError where it cannot be read as Python text."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {_reason(error)}") from error
    return decode(content, path)


def read_standard_input(path: str) -> SourceFile:
    """Standard input, named `path` in messages. Raises UsageError where it cannot be read."""
    if sys.stdin is None:
        raise UsageError(f"cannot read {path}: standard input is closed")
    try:
        return decode(sys.stdin.buffer.read(), path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {_reason(error)}") from error


def decode(content: bytes, path: str) -> SourceFile:
    """The text of a file's bytes, encoded as for Python: by BOM, comment, or UTF-8 (PEP 263)."""
    if b"\0" in content:
        raise UsageError(f"cannot read {path}: it is a binary file")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise UsageError(f"cannot read {path}: it is not text that Python can decode") from error
    newline = "\r\n" if "\r\n" in text.partition("\n")[0] + "\n" else "\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return SourceFile(path, lines, newline, encoding, content)


def encode(text: str, newline: str) -> bytes:
    """The bytes of an emitted module, in the encoding that its own first lines declare."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(text.encode()).readline)
    return text.replace("\n", newline).encode(encoding, "backslashreplace")


def rewritten(file: SourceFile, text: str) -> bytes:
    """The bytes of a file with another text: encoding, byte order mark and line ends are kept."""
    before = file.content.decode(file.encoding)
    return _with_line_ends(before, file.text, text).encode(file.encoding)


def _with_line_ends(before: str, old: str, new: str) -> str:
    """A text whose lines end as they did before; new lines end as most others do."""
    ends = re.findall(r"\r\n|\r|\n", before)
    usual = max(sorted(set(ends)), key=ends.count, default="\n")
    if len(set(ends)) < 2:
        return new.replace("\n", usual)
    import difflib  # Only for files with several kinds of line ends.

    old_lines, new_lines = old.split("\n"), new.split("\n")
    kept = [usual] * (len(new_lines) - 1)
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    for start, new_start, size in matcher.get_matching_blocks():
        kept[new_start : new_start + size] = ends[start : start + size]
    return "".join(line + end for line, end in zip(new_lines, [*kept, ""], strict=False))


def write(content: bytes, path: str) -> None:
    """Replaces the file atomically, so that no reader ever sees half of it."""
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode)
        os.replace(temporary, target)
    except OSError as error:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise UsageError(f"cannot write {path}: {_reason(error)}") from error


def refuse_output(path: str, source: str) -> None:
    """Raises UsageError where an output path cannot be written to or would replace its input."""
    if os.path.isdir(path):
        raise UsageError(f"cannot write {path}: it is a directory")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise UsageError(f"cannot write {path}: its directory does not exist")
    if _same(path, source):
        raise UsageError(f"cannot write {path}: it is the input")


def existing(path: str) -> bytes:
    """The current content of an output file; empty if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UsageError(f"cannot read {path}: {_reason(error)}") from error


def _same(first: str, second: str) -> bool:
    if os.path.exists(first) and os.path.exists(second):
        return os.path.samefile(first, second)
    return os.path.realpath(first) == os.path.realpath(second)


def _reason(error: OSError) -> str:
    """The system's error message, as part of a sentence."""
    reasons = {
        "FileNotFoundError": "it does not exist",
        "IsADirectoryError": "it is a directory",
        "PermissionError": "permission denied",
    }
    return reasons.get(type(error).__name__, (error.strerror or str(error)).lower())
