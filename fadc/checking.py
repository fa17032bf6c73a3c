"""Checks files: each with the settings nearest to it, all findings in one list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fadc.configuration import Configuration, configuration_of
from fadc.diagnostics import Diagnostic, Severity
from fadc.diagnostics.selection import selected
from fadc.errors import UsageError
from fadc.files import SourceFile, read


@dataclass(frozen=True)
class Checked:
    """What was found, in which texts, and which files could not be read.

    `failed` says whether there is an error, or a warning in a file whose settings are strict.
    """

    diagnostics: list[Diagnostic]
    sources: dict[str, str]
    unreadable: list[str]
    failed: bool


def check_paths(paths: Iterable[str], given: Configuration) -> Checked:
    """Reads and checks the files in order; a file that cannot be read does not stop the others."""
    files, unreadable = [], []
    for path in paths:
        try:
            files.append(read(path))
        except UsageError as error:
            unreadable.append(error.message)
    return replace(check_files(files, given), unreadable=unreadable)


def check_files(files: Sequence[SourceFile], given: Configuration) -> Checked:
    """Checks texts. `given` are the command line's settings, which come before the files'."""
    found: list[Diagnostic] = []
    failed = False
    for file in files:
        settings = combined(given, configuration_of(file.path))
        in_file = _check(file, settings)
        found += in_file
        failed |= fails(in_file, strict=bool(settings.strict))
    return Checked(found, {file.path: file.text for file in files}, [], failed)


def fails(diagnostics: Iterable[Diagnostic], *, strict: bool) -> bool:
    """Whether any of these is to fail a run."""
    fatal = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return any(each.severity in fatal for each in diagnostics)


def combined(given: Configuration, configured: Configuration) -> Configuration:
    """The command line's settings where there are any, else the file's."""
    values = {name: value for name, value in vars(given).items() if value is not None}
    return replace(configured, **values)


def _check(file: SourceFile, settings: Configuration) -> list[Diagnostic]:
    # Imported here, so that a wrong path is reported before the compiler is loaded.
    from fadc import pipeline
    from fadc.analyses.policy import Policy

    policy = Policy(settings.mechanisms, settings.private_mechanisms)
    found = pipeline.check(file.text, file.path, mode=settings.mode, policy=policy)
    return selected(found, settings.select, settings.ignore)
