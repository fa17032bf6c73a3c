"""`fadc explain`."""

import sys
from enum import Enum
from typing import Annotated

from typer import Argument, Option

from fadc.commands.options import complete_codes
from fadc.commands.terminal import say
from fadc.errors import UsageError


class Page(str, Enum):
    """The output formats of an explanation."""

    text = "text"
    markdown = "markdown"


def explain(
    code: Annotated[
        str | None,
        Argument(metavar="[CODE]", help="Such as FAD202.", autocompletion=complete_codes),
    ] = None,
    everything: Annotated[bool, Option("--all", help="All codes.")] = False,
    output_format: Annotated[
        Page, Option("--output-format", "--format", help="How it is written.")
    ] = Page.text,
) -> None:
    """Say why a code is reported, with an example and what to write instead."""
    from fadc.diagnostics import all_rules, codes, rule
    from fadc.reports.explanations import markdown, plain, reference

    if everything == (code is not None):
        raise UsageError("give either a code or --all")
    if code is not None and code.upper() not in codes():
        raise UsageError(f"unknown code `{code}`; `fadc explain --all` lists them")
    if code is not None:
        text = (markdown if output_format is Page.markdown else plain)(rule(code.upper()))
    elif output_format is Page.markdown:
        text = reference(all_rules())
    else:
        text = "\n\n\n".join(plain(each) for each in all_rules())
    say(text + "\n", sys.stdout)
