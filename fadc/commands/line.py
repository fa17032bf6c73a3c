"""The command line of a function: its arguments and options, read from its signature.

A parameter's annotation says what its value is (`str`, `int`, `float`, `bool`, an enumeration, a
list of strings, any of them or None) and in an `Option` or `Argument` how it is given. This is
typer's convention over argparse: importing typer would add two thirds to the time of a check.
"""

import inspect
from argparse import ArgumentParser, HelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

Command = Callable[..., None]


class Option:
    """A parameter that is given by a flag; without flags, by `--its-name`."""

    def __init__(self, *flags: str, help: str = "", metavar: str | None = None) -> None:
        self.flags = flags
        self.help = help
        self.metavar = metavar


class Argument:
    """A parameter that is given by its place. One with a default may be left out."""

    def __init__(self, *, metavar: str, help: str = "") -> None:
        self.metavar = metavar
        self.help = help


@dataclass(frozen=True)
class _Parameter:
    """One parameter of a command. `kind` is the type of its value, or of one of `many`."""

    name: str
    how: Option | Argument
    kind: type
    many: bool
    default: Any

    def value(self, given: Any) -> Any:
        """What the command gets for what argparse has read."""
        return self.kind(given) if issubclass(self.kind, Enum) and given is not None else given


def call(command: Command, name: str, words: Sequence[str]) -> None:
    """Runs a command with the words behind its name.

    Raises SystemExit, after a message, where they do not fit the signature (2) or ask for help (0).
    """
    parameters = _parameters(command)
    places = [each.how.metavar for each in parameters if isinstance(each.how, Argument)]
    parser = ArgumentParser(
        prog=name,
        usage=" ".join([name, "[OPTIONS]", *places]),
        description=inspect.getdoc(command),
        # Not as wide as the terminal: argparse would ask for that before anybody wants help.
        formatter_class=partial(HelpFormatter, width=80),
        allow_abbrev=False,
    )
    for each in parameters:
        _add(parser, each)
    # argparse cannot do both: options between arguments, and arguments behind a `--`.
    read = parser.parse_args if "--" in words else parser.parse_intermixed_args
    given = vars(read(words))
    command(**{each.name: each.value(given[each.name]) for each in parameters})


def _parameters(command: Command) -> list[_Parameter]:
    hints = get_type_hints(command, include_extras=True)
    found = []
    for name, parameter in inspect.signature(command).parameters.items():
        annotation, how = get_args(hints[name])
        kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        (kind,) = (each for each in kinds if each is not NoneType)
        many = get_origin(kind) is list
        kind = get_args(kind)[0] if many else kind
        found.append(_Parameter(name, how, kind, many, parameter.default))
    return found


def _add(parser: ArgumentParser, parameter: _Parameter) -> None:
    """Teaches the parser one parameter."""
    how, kind, many = parameter.how, parameter.kind, parameter.many
    required = parameter.default is inspect.Parameter.empty
    values = (
        {"choices": [each.value for each in kind]} if issubclass(kind, Enum) else {"type": kind}
    )
    if isinstance(how, Argument):
        count = "*" if many else None if required else "?"
        parser.add_argument(
            parameter.name, metavar=how.metavar, help=how.help, nargs=count, **values
        )
        return
    settings: dict[str, Any] = {"metavar": how.metavar, **values}
    if kind is bool:
        settings = {"action": "store_true"}
    elif many:
        settings["action"] = "append"
    parser.add_argument(
        *(how.flags or [f"--{parameter.name.replace('_', '-')}"]),
        dest=parameter.name,
        required=required,
        default=None if required else parameter.default,
        help=_help(how.help, parameter.default),
        **settings,
    )


def _help(text: str, default: Any) -> str:
    """A line of help, with the default where there is one to speak of; argparse formats with %."""
    shown = default.value if isinstance(default, Enum) else default
    if not isinstance(shown, str | int) or isinstance(shown, bool):
        return text.replace("%", "%%")
    return f"{text} (default: {shown})".lstrip().replace("%", "%%")
