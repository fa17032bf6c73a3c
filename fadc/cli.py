"""The command line: the commands, the version, and the exit status.

Exit status: 0 nothing wrong, 1 the program has errors (or a file would change), 2 the request is
wrong (options, configuration, files).
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from fadc import __version__
from fadc.commands.line import Command, call
from fadc.errors import UsageError
from fadc.terminal import say

COMMANDS = ("check", "transform", "verify", "explain", "lsp")
"""Each is the function of that name in the file of that name in `fadc.commands`."""

_HELP = """\
usage: fadc [-h] [--version] COMMAND ...

A source-to-source compiler for federated automatic differentiation.

commands:
{commands}

`fadc COMMAND --help` lists the options of a command.
"""


def main() -> NoReturn:
    """The entry point: errors of the request become one line and exit status 2."""
    try:
        try:
            _run(sys.argv[1:])
        finally:
            sys.stdout.flush()  # What argparse has printed.
    except UsageError as error:
        say(f"fadc: error: {error.message}\n", sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone. Nothing is left to say to it, at interpreter exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)  # As shells say it.
    sys.exit(0)


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
