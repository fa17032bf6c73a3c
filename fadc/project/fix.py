"""Mends files, each with the nearest settings, as in checking. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fadc.diagnostics import Diagnostic
from fadc.diagnostics.selection import selected
from fadc.fixes.apply import Fixed, fix_text
from fadc.project.checks import Checked, check_file, combined, fails
from fadc.project.configuration import Configuration, configuration_of
from fadc.project.files import SourceFile, rewritten


@dataclass(frozen=True)
class Mended:
    """The mended files.

    `contents` are the bytes of those that change, `checked` is what remains in all of them, `count`
    how many diagnostics are mended.
    """

    contents: dict[str, bytes]
    checked: Checked
    count: int


def mend_files(files: Sequence[SourceFile], given: Configuration) -> Mended:
    """Mends texts. `given` are the command line's settings, which override those of the files."""
    settings = [combined(given, configuration_of(file.path)) for file in files]
    mended = [_mend(file, each) for file, each in zip(files, settings, strict=True)]
    remaining = [diagnostic for each in mended for diagnostic in each.diagnostics]
    failed = any(
        fails(each.diagnostics, strict=bool(setting.strict))
        for each, setting in zip(mended, settings, strict=True)
    )
    pairs = list(zip(files, mended, strict=True))
    sources = {file.path: each.text for file, each in pairs}
    contents = {file.path: rewritten(file, each.text) for file, each in pairs if each.count}
    count = sum(each.count for each in mended)
    return Mended(contents, Checked(remaining, sources, [], failed), count)


def _mend(file: SourceFile, settings: Configuration) -> Fixed:
    def check(text: str) -> list[Diagnostic]:
        return check_file(replace(file, text=text), settings)

    def select(found: Sequence[Diagnostic]) -> list[Diagnostic]:
        return selected(found, settings.select, settings.ignore)

    return fix_text(file.text, check, select)
