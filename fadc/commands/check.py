"""`fadc check`."""

import sys
from enum import Enum
from typing import Annotated

import typer

from fadc.checking import Checked, check_files, check_paths, combined
from fadc.commands.options import Color, ColorOption, Mode, StdinFilename, names_of
from fadc.commands.showing import full_format
from fadc.configuration import Configuration, configuration_of
from fadc.emit.diagnostics import formatter
from fadc.errors import UsageError
from fadc.files import read_standard_input
from fadc.terminal import say


class OutputFormat(str, Enum):
    """`fadc.emit.diagnostics.FORMATS` as typer wants it."""

    full = "full"
    concise = "concise"
    json = "json"
    json_lines = "json-lines"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"


Codes = Annotated[list[str] | None, typer.Option(metavar="CODES", show_default=False)]


def check(
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...")] = None,
    output_format: Annotated[OutputFormat | None, typer.Option(show_default="full")] = None,
    select: Codes = None,
    ignore: Codes = None,
    mode: Annotated[Mode | None, typer.Option(help="Also hold against this mode.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail the run.")] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Only count.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Findings do not fail.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Report what is outside the language, misplaced, or not differentiable. Runs nothing."""
    given = Configuration(
        select=_codes(select),
        ignore=_codes(ignore),
        strict=strict or None,
        mode=mode and mode.value,
        output_format=output_format and output_format.value,
    )
    checked = _checked(paths or ["."], stdin_filename, given)
    settings = combined(given, configuration_of(stdin_filename))
    _print_checked(checked, settings.output_format or "full", statistics, quiet, color)
    if checked.unreadable:
        raise typer.Exit(2)
    raise typer.Exit(1 if checked.failed and not exit_zero else 0)


def _checked(paths: list[str], stdin_filename: str, given: Configuration) -> Checked:
    from fadc.discovery import discover

    if "-" not in paths:
        return check_paths(discover(paths), given)
    if paths != ["-"]:
        raise UsageError("standard input (`-`) cannot be checked together with files")
    return check_files([read_standard_input(stdin_filename)], given)


def _print_checked(
    checked: Checked, name: str, statistics: bool, quiet: bool, color: Color
) -> None:
    from fadc.emit import summaries

    for message in checked.unreadable:
        say(f"fadc: error: {message}\n", sys.stderr)
    if statistics:
        say(summaries.statistics(checked.diagnostics), sys.stdout)
    else:
        render = full_format(color, to_errors=False) if name == "full" else formatter(name)
        say(render(checked.diagnostics, checked.sources), sys.stdout)
    if not quiet:
        text = summaries.summary(checked.diagnostics, len(checked.sources))
        say(f"fadc: {text}\n", sys.stderr)


def _codes(listed: list[str] | None) -> tuple[str, ...] | None:
    """`FAD1,FAD203`, perhaps given several times."""
    return None if listed is None else tuple(n for each in listed for n in names_of(each) or ())
