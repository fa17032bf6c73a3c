"""`fadc check`."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from fadc.commands.options import (
    Color,
    ColorOption,
    Mode,
    StdinFilename,
    complete_codes,
    names_of,
)
from fadc.commands.terminal import say
from fadc.errors import UsageError
from fadc.project.files import SourceFile, read_standard_input

if TYPE_CHECKING:
    from fadc.project.configuration import Configuration
    from fadc.project.fix import Mended


class OutputFormat(str, Enum):
    """`fadc.reports.diagnostics.FORMATS` as an enumeration, for typer."""

    full = "full"
    concise = "concise"
    json = "json"
    json_lines = "json-lines"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"


def _codes_option(help_: str) -> Any:
    return Option(metavar="CODES", help=help_, autocompletion=complete_codes)


Paths = Annotated[
    list[str] | None,
    Argument(metavar="[PATH]...", help="Files and directories.", show_default="."),
]
Format = Annotated[
    OutputFormat | None, Option(help="How findings are written.", show_default="full")
]
Select = Annotated[list[str] | None, _codes_option("Report only these codes or prefixes.")]
Ignore = Annotated[list[str] | None, _codes_option("Do not report these codes or prefixes.")]
Fix = Annotated[bool, Option("--fix", help="Mend what can be mended safely.")]
Diff = Annotated[bool, Option("--diff", help="Only show what --fix would change.")]
ForMode = Annotated[Mode | None, Option(help="Report what rules out this mode, too.")]
Strict = Annotated[bool, Option("--strict", help="Warnings fail the run.")]
Statistics = Annotated[bool, Option("--statistics", help="Only count findings, by code.")]
ExitZero = Annotated[bool, Option("--exit-zero", help="Findings do not fail.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No summary.")]


def check(
    paths: Paths = None,
    output_format: Format = None,
    select: Select = None,
    ignore: Ignore = None,
    fix: Fix = False,
    diff: Diff = False,
    mode: ForMode = None,
    strict: Strict = False,
    statistics: Statistics = False,
    exit_zero: ExitZero = False,
    quiet: Quiet = False,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Report what is outside the language, misplaced, or not differentiable. Runs nothing."""
    from fadc.commands.reporting import Report
    from fadc.project.checks import check_files, combined
    from fadc.project.configuration import Configuration, configuration_of

    given = Configuration(
        select=_codes(select),
        ignore=_codes(ignore),
        strict=strict or None,
        mode=mode and mode.value,
        output_format=output_format and output_format.value,
    )
    files, failures = _files(paths or ["."], stdin_filename)
    settings = combined(given, configuration_of(stdin_filename))
    report = Report(settings.output_format or "full", statistics, quiet, color)
    if diff:
        failed = report.differences(files, _mended(files, given))
    elif fix and paths == ["-"]:
        failed = report.in_place_of(files[0], _mended(files, given))
    elif fix:
        failed, unwritten = report.written(_mended(files, given))
        failures += unwritten
    else:
        failed = report.findings(check_files(files, given))
    _complain(failures)
    raise SystemExit(2 if failures else 1 if failed and not exit_zero else 0)


def _complain(failures: list[str]) -> None:
    for message in failures:
        say(f"fadc: error: {message}\n", sys.stderr)


def _mended(files: list[SourceFile], given: "Configuration") -> "Mended":
    from fadc.project.fix import mend_files

    return mend_files(files, given)


def _files(paths: list[str], stdin_filename: str) -> tuple[list[SourceFile], list[str]]:
    """The files to check, and messages for those that cannot be read."""
    from fadc.project.checks import read_files
    from fadc.project.discovery import discover

    if "-" not in paths:
        return read_files(discover(paths))
    if paths != ["-"]:
        raise UsageError("standard input (`-`) cannot be checked together with files")
    return [read_standard_input(stdin_filename)], []


def _codes(listed: list[str] | None) -> tuple[str, ...] | None:
    """The codes of an option such as `FAD1,FAD203`, which may be given several times."""
    if listed is None:
        return None
    return tuple(name for each in listed if each for name in names_of(each) or ())
