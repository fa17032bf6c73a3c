"""The output of `fadc check`: what it found, what it mended, and what it would mend."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fadc.commands.options import Color
from fadc.commands.showing import full_format
from fadc.commands.terminal import say, say_bytes
from fadc.errors import UsageError
from fadc.project.checks import Checked
from fadc.project.files import SourceFile, write
from fadc.reports import summaries
from fadc.reports.diagnostics import formatter

if TYPE_CHECKING:
    from fadc.project.fix import Mended


@dataclass(frozen=True)
class Report:
    """The form of the output: a format's name, or only counts; with or without a summary line."""

    output_format: str
    statistics: bool
    quiet: bool
    color: Color

    def findings(self, checked: Checked) -> bool:
        """Shows the findings. Returns whether they fail the run."""
        self._show(checked, to_errors=False)
        self._summarise(summaries.summary(checked.diagnostics, len(checked.sources)))
        return checked.failed

    def differences(self, files: Sequence[SourceFile], mended: Mended) -> bool:
        """Shows what would change. Returns whether anything would change."""
        from fadc.reports.differences import unified

        for file in files:
            if file.path in mended.contents:
                after = mended.contents[file.path]
                say(unified(file.content, after, file.path, file.encoding), sys.stdout)
        self._summarise(summaries.summary_of_differences(mended.count, len(mended.contents)))
        return bool(mended.contents)

    def in_place_of(self, file: SourceFile, mended: Mended) -> bool:
        """Prints the file's text after the fixes, and the remaining findings on standard error."""
        say_bytes(mended.contents.get(file.path, file.content))
        return self._remainder(mended, to_errors=True)

    def written(self, mended: Mended) -> tuple[bool, list[str]]:
        """Replaces the changed files, and shows the remaining findings.

        Returns whether these fail the run, and messages about files that could not be replaced.
        """
        failures = _write(mended)
        return self._remainder(mended, to_errors=False), failures

    def _remainder(self, mended: Mended, *, to_errors: bool) -> bool:
        """Shows the remaining findings. Returns whether they fail the run."""
        checked = mended.checked
        self._show(checked, to_errors=to_errors)
        found, files = checked.diagnostics, len(checked.sources)
        self._summarise(summaries.summary_of_fixes(mended.count, found, files))
        return checked.failed

    def _show(self, checked: Checked, *, to_errors: bool) -> None:
        stream = sys.stderr if to_errors else sys.stdout
        if self.statistics:
            say(summaries.statistics(checked.diagnostics), stream)
            return
        name = self.output_format
        render = full_format(self.color, to_errors=to_errors) if name == "full" else formatter(name)
        say(render(checked.diagnostics, checked.sources), stream)

    def _summarise(self, text: str) -> None:
        if not self.quiet:
            say(f"fadc: {text}\n", sys.stderr)


def _write(mended: Mended) -> list[str]:
    """Replaces the changed files, each atomically. Returns messages about failures."""
    failures = []
    for path, content in mended.contents.items():
        try:
            write(content, path)
        except UsageError as error:
            failures.append(error.message)
    return failures
