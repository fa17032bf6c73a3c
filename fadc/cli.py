"""The command line: the commands, the version, and the exit status.

Exit status: 0 nothing wrong, 1 the program has errors (or a file would change), 2 the request is
wrong (options, configuration, files).
"""

import os
import sys
from typing import Annotated, NoReturn

import typer

from fadc import __version__
from fadc.commands.audit import audit
from fadc.commands.check import check
from fadc.commands.cost import cost
from fadc.commands.explain import explain
from fadc.commands.transform import transform
from fadc.commands.verify import verify
from fadc.errors import UsageError
from fadc.terminal import say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in (check, transform, cost, audit, verify, explain):
    app.command()(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"fadc {__version__}\n", sys.stdout)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A source-to-source compiler for federated automatic differentiation."""


def main() -> NoReturn:
    """The entry point: errors of the request become one line and exit status 2."""
    try:
        app(prog_name="fadc")
    except UsageError as error:
        say(f"fadc: error: {error.message}\n", sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone. Nothing is left to say to it, at interpreter exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)
