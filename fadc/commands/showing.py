"""How the commands show diagnostics."""

import sys
from typing import TYPE_CHECKING

from fadc.commands.options import Color
from fadc.commands.terminal import columns, say, wants_color
from fadc.diagnostics import Diagnostic
from fadc.diagnostics.selection import selected
from fadc.project.checks import fails
from fadc.project.configuration import configuration_of
from fadc.project.files import SourceFile
from fadc.reports.diagnostics import Format

if TYPE_CHECKING:
    from fadc.analyses.policy import Policy


def complain(diagnostics: tuple[Diagnostic, ...], source: SourceFile, color: Color) -> None:
    """Shows a transformation's diagnostics on standard error: the selected ones and all errors."""
    settings = configuration_of(source.path)
    wanted = selected(diagnostics, settings.select, settings.ignore)
    shown = [each for each in diagnostics if each in wanted or fails([each], strict=False)]
    say(full_format(color, to_errors=True)(shown, {source.path: source.text}), sys.stderr)


def policy_of(source: SourceFile) -> "Policy":
    """The upload mechanisms that the file's settings allow."""
    from fadc.analyses.policy import Policy

    settings = configuration_of(source.path)
    return Policy(settings.mechanisms, settings.private_mechanisms)


def full_format(color: Color, *, to_errors: bool) -> Format:
    """The full format, with the colours and width of the stream that it is written to."""
    from fadc.reports.diagnostics.full import render

    stream = sys.stderr if to_errors else sys.stdout
    colored, wide = wants_color(color.value, stream), columns(stream)
    return lambda found, sources: render(found, sources, color=colored, columns=wide)
