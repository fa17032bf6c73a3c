"""The command line: the commands, the version, and the exit status.

Exit status: 0 nothing wrong, 1 the program has errors (or a file would change), 2 the request is
wrong (options, configuration, files).
"""

import importlib
import sys
from collections.abc import Sequence

from fadc import __version__
from fadc.commands.line import Command, call
from fadc.errors import UsageError
from fadc.terminal import say

COMMANDS = ("check", "transform", "cost", "audit", "verify", "explain", "lsp")
"""Each is the function of that name in the file of that name in `fadc.commands`."""

_HELP = """\
usage: fadc [-h] [--version] COMMAND ...

A source-to-source compiler for federated automatic differentiation.

commands:
{commands}

`fadc COMMAND --help` lists the options of a command.
"""


def main() -> int:
    """Runs the command that the process was given; its exit status.

    Errors of the request become one line. Raises SystemExit for Ctrl-C only, so that processes
    that check files are waited for.
    """
    try:
        try:
            _run(sys.argv[1:])
        finally:
            say("", sys.stdout)  # What argparse has printed.
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except UsageError as error:
        return _failed(error.message)
    except BrokenPipeError:
        return 1  # The reader has gone: nothing is left to say to it.
    except OSError as error:
        return _failed(f"cannot go on: {(error.strerror or str(error)).lower()}")
    except KeyboardInterrupt:
        sys.exit(130)  # As shells say it.
    return 0


def _failed(message: str) -> int:
    say(f"fadc: error: {message}\n", sys.stderr)
    return 2


def _run(words: Sequence[str]) -> None:
    match words:
        case ["--version"]:
            say(f"fadc {__version__}\n", sys.stdout)
        case ["-h" | "--help"]:
            say(_help(), sys.stdout)
        case []:
            say(_help(), sys.stderr)
            sys.exit(2)
        case [name, *rest] if name in COMMANDS:
            call(_command(name), f"fadc {name}", rest)
        case [name, *_]:
            kind = "option" if name.startswith("-") else "command"
            raise UsageError(f"there is no {kind} `{name}`; `fadc --help` lists the commands")


def _command(name: str) -> Command:
    """Imports the one command that is asked for: the others' imports cost time."""
    command: Command = getattr(importlib.import_module(f"fadc.commands.{name}"), name)
    return command


def _help() -> str:
    width = max(map(len, COMMANDS))
    summaries = ((_command(name).__doc__ or "").partition("\n")[0] for name in COMMANDS)
    listed = (f"  {name:<{width}}  {text}" for name, text in zip(COMMANDS, summaries, strict=True))
    return _HELP.format(commands="\n".join(listed))
