"""Checks files, each with the nearest settings; all findings in one list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fadc.diagnostics import Diagnostic, Severity
from fadc.diagnostics.selection import selected
from fadc.errors import UsageError
from fadc.project.configuration import Configuration, configuration_of
from fadc.project.files import SourceFile, read
from fadc.project.parallel import mapped
from fadc.syntax.source.mentions import mentions_fadc


@dataclass(frozen=True)
class Checked:
    """The findings, the texts that they are in, and the files that could not be read.

    `failed` says whether there is an error, or a warning in a file whose settings are strict.
    """

    diagnostics: list[Diagnostic]
    sources: dict[str, str]
    unreadable: list[str]
    failed: bool


def read_files(paths: Iterable[str]) -> tuple[list[SourceFile], list[str]]:
    """The files in order, and messages about those that could not be read."""
    files, unreadable = [], []
    for path in paths:
        try:
            files.append(read(path))
        except UsageError as error:
            unreadable.append(error.message)
    return files, unreadable


def check_files(files: Sequence[SourceFile], given: Configuration) -> Checked:
    """Checks texts. `given` are the command line's settings, which override those of the files."""
    settings = [combined(given, configuration_of(file.path)) for file in files]
    findings = _check_all(list(zip(files, settings, strict=True)))
    failed = any(
        fails(found, strict=bool(each.strict))
        for found, each in zip(findings, settings, strict=True)
    )
    sources = {file.path: file.text for file in files}
    return Checked([each for found in findings for each in found], sources, [], failed)


def fails(diagnostics: Iterable[Diagnostic], *, strict: bool) -> bool:
    """Whether any of these findings fails a run."""
    fatal = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return any(each.severity in fatal for each in diagnostics)


def combined(given: Configuration, configured: Configuration) -> Configuration:
    """The settings of the command line, and the file's where it gives none."""
    values = {name: value for name, value in vars(given).items() if value is not None}
    return replace(configured, **values)


_Task = tuple[SourceFile, Configuration]


def _check_all(tasks: Sequence[_Task]) -> list[list[Diagnostic]]:
    """The findings in each file. Files that never mention fadc do not load the compiler."""
    federated = [task for task in tasks if mentions_fadc(task[0].text)]
    if not federated:
        return [_selected([], settings) for _, settings in tasks]
    from fadc import pipeline  # noqa: F401  Before there are more processes, so that they have it.

    characters = sum(len(file.text) for file, _ in federated)
    findings = mapped(_check, federated, characters)
    by_path = {file.path: found for (file, _), found in zip(federated, findings, strict=True)}
    return [_selected(by_path.get(file.path, []), settings) for file, settings in tasks]


def _check(task: _Task) -> list[Diagnostic]:
    return check_file(*task)


def check_file(file: SourceFile, settings: Configuration) -> list[Diagnostic]:
    """All findings in one text under its settings, with fixes; `select` and `ignore` are applied later."""
    from fadc import pipeline
    from fadc.analyses.policy import Policy

    policy = Policy(settings.mechanisms, settings.private_mechanisms)
    return pipeline.check(file.text, file.path, mode=settings.mode, policy=policy, fixes=True)


def _selected(found: list[Diagnostic], settings: Configuration) -> list[Diagnostic]:
    return selected(found, settings.select, settings.ignore)
