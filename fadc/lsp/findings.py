"""The diagnostics of a text in an editor, and the computations read from it."""

from __future__ import annotations

from dataclasses import dataclass

from fadc import pipeline
from fadc.diagnostics import Diagnostic
from fadc.errors import UsageError
from fadc.project.checks import check_files
from fadc.project.configuration import Configuration, forget_configurations
from fadc.project.files import SourceFile
from fadc.project.fix import mend_files
from fadc.syntax.computations import Reading, read_program
from fadc.syntax.modules.module import PACKAGE
from fadc.texts import read_file


@dataclass(frozen=True)
class Findings:
    """Diagnostics with fixes; `complaint` is the reason why the settings could not be used."""

    diagnostics: list[Diagnostic]
    complaint: str = ""


def findings_in(text: str, path: str) -> Findings:
    """The diagnostics of `fadc check`; with default settings if the file's are wrong."""
    try:
        return Findings(check_files([_file(text, path)], given=Configuration()).diagnostics)
    except UsageError as error:
        return Findings(pipeline.check(text, path, fixes=True), error.message)


def mended(text: str, path: str) -> str:
    """The text after `fadc check --fix`; unchanged if the settings are wrong."""
    try:
        return mend_files([_file(text, path)], given=Configuration()).checked.sources[path]
    except UsageError:
        return text


def _file(text: str, path: str) -> SourceFile:
    """The text as if it had been saved, under the current settings."""
    forget_configurations()
    content = text.encode(errors="surrogatepass")  # Half of a character may have been typed.
    return SourceFile(path, text, "\n", "utf-8", content)


def reading_of(text: str, path: str) -> Reading | None:
    """The computations of a text; None if it has none or cannot be parsed."""
    if PACKAGE not in text:
        return None
    reading = read_program(text, path, read_file)
    return reading if reading.module is not None else None
