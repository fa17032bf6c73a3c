"""`fadc check`."""

import sys
from enum import Enum
from typing import Annotated

from typer import Argument, Option

from fadc.commands.options import (
    Color,
    ColorOption,
    Mode,
    StdinFilename,
    complete_codes,
    names_of,
)
from fadc.errors import UsageError
from fadc.files import SourceFile, read_standard_input
from fadc.terminal import say


class OutputFormat(str, Enum):
    """`fadc.emit.diagnostics.FORMATS` as the command line wants it."""

    full = "full"
    concise = "concise"
    json = "json"
    json_lines = "json-lines"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"


Codes = list[str] | None


def check(
    paths: Annotated[
        list[str] | None,
        Argument(metavar="[PATH]...", help="Files and directories.", show_default="."),
    ] = None,
    output_format: Annotated[
        OutputFormat | None, Option(help="How findings are written.", show_default="full")
    ] = None,
    select: Annotated[
        Codes,
        Option(
            metavar="CODES",
            help="Report only these codes or prefixes.",
            autocompletion=complete_codes,
        ),
    ] = None,
    ignore: Annotated[
        Codes,
        Option(
            metavar="CODES",
            help="Do not report these codes or prefixes.",
            autocompletion=complete_codes,
        ),
    ] = None,
    fix: Annotated[bool, Option("--fix", help="Mend what can be mended safely.")] = False,
    diff: Annotated[bool, Option("--diff", help="Only show what --fix would change.")] = False,
    mode: Annotated[Mode | None, Option(help="Report what rules out this mode, too.")] = None,
    strict: Annotated[bool, Option("--strict", help="Warnings fail the run.")] = False,
    statistics: Annotated[
        bool, Option("--statistics", help="Only count findings, by code.")
    ] = False,
    exit_zero: Annotated[bool, Option("--exit-zero", help="Findings do not fail.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="No summary.")] = False,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Report what is outside the language, misplaced, or not differentiable. Runs nothing."""
    from fadc.checking import check_files, combined
    from fadc.commands.reporting import Report, print_mended, write_mended
    from fadc.configuration import Configuration, configuration_of

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
    if fix or diff:
        from fadc.mending import mend_files

        mended = mend_files(files, given)
        if diff:
            failed = report.differences(files, mended)
        elif paths == ["-"]:
            print_mended(files[0], mended)
            failed = report.remainder(mended, to_errors=True)
        else:
            failures += write_mended(mended)
            failed = report.remainder(mended, to_errors=False)
    else:
        failed = report.findings(check_files(files, given))
    for message in failures:
        say(f"fadc: error: {message}\n", sys.stderr)
    raise SystemExit(2 if failures else 1 if failed and not exit_zero else 0)


def _files(paths: list[str], stdin_filename: str) -> tuple[list[SourceFile], list[str]]:
    """What is to be checked, and why files cannot be."""
    from fadc.checking import read_files
    from fadc.discovery import discover

    if "-" not in paths:
        return read_files(discover(paths))
    if paths != ["-"]:
        raise UsageError("standard input (`-`) cannot be checked together with files")
    return [read_standard_input(stdin_filename)], []


def _codes(listed: list[str] | None) -> tuple[str, ...] | None:
    """`FAD1,FAD203`, perhaps given several times."""
    if listed is None:
        return None
    return tuple(name for each in listed if each for name in names_of(each) or ())
