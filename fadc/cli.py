"""The command line: one typer app with every command, and the exit status.

Exit status: 0 if nothing is wrong, 1 if the program has errors or a file would change, 2 if the
request is wrong (options, configuration, files) or fadc itself fails.
"""

import sys
from pathlib import Path
from types import TracebackType
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
    # Plain help is the same text in every terminal, and importing rich would double the start-up
    # time.
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
    """Runs the command of the process's arguments and returns its exit status.

    Errors of the request are printed as one line, after typer's usage where typer rejects the
    arguments. Raises SystemExit for Ctrl-C only, so that Python waits for processes that check
    files.
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
    except Exception as error:  # noqa: BLE001 (whatever it is, users are told in words)
        return _failed(_mistake(error))
    return 0


def _mistake(error: Exception) -> str:
    """The message for an exception that is a mistake in fadc: what it is, where, and what to do."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return (
        f"a mistake in fadc, not in your program\n  {what[:300]}\n  raised in {_where(error.__traceback__)}\n"
        "  Please report it, with the command and the program."
    )


def _where(raised: TracebackType | None) -> str:
    """The innermost place in fadc of an exception's traceback: a file and a line."""
    package, found = Path(__file__).parent, "fadc"
    while raised is not None:
        file = Path(raised.tb_frame.f_code.co_filename)
        if file.is_relative_to(package):
            found = f"fadc/{file.relative_to(package).as_posix()}, line {raised.tb_lineno}"
        raised = raised.tb_next
    return found


def _failed(message: str) -> int:
    say(f"fadc: error: {message}\n", sys.stderr)
    return 2
