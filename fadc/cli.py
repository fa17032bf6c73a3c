"""The command line: one typer app with every command, and the exit status.

Exit status: 0 nothing wrong, 1 the program has errors (or a file would change), 2 the request is
wrong (options, configuration, files).
"""

import sys
from typing import Annotated

import typer

from fadc import __version__
from fadc.commands.audit import audit
from fadc.commands.check import check
from fadc.commands.cost import cost
from fadc.commands.explain import explain
from fadc.commands.lsp import lsp
from fadc.commands.terminal import say
from fadc.commands.transform import transform
from fadc.commands.verify import verify
from fadc.errors import UsageError

_INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""

app = typer.Typer(
    help="A source-to-source compiler for federated automatic differentiation.",
    epilog="`fadc COMMAND --help` lists the options of a command.",
    context_settings={"help_option_names": ["--help", "-h"], "terminal_width": 80},
    # Plain help: the same text in every terminal. And importing rich would double the start-up.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (check, transform, cost, audit, verify, explain, lsp):
    app.command(short_help=command.__doc__)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"fadc {__version__}\n", sys.stdout)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _without_command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        say(f"{context.get_help()}\n", sys.stderr)
        raise typer.Exit(2)


def main() -> int:
    """Runs the command that the process was given; its exit status.

    Errors of the request become one line, after typer's usage where the words are wrong. Raises
    SystemExit for Ctrl-C only, so that processes that check files are waited for.
    """
    try:
        app(prog_name="fadc")
    except SystemExit as done:
        if done.code == _INTERRUPTED:
            raise
        return done.code if isinstance(done.code, int) else 0
    except UsageError as error:
        return _failed(error.message)
    except OSError as error:
        return _failed(f"cannot go on: {(error.strerror or str(error)).lower()}")
    return 0


def _failed(message: str) -> int:
    say(f"fadc: error: {message}\n", sys.stderr)
    return 2
