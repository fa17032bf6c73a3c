"""The options that several commands share, and the reading of their texts."""

import re
from enum import Enum
from typing import Annotated

from typer import Option

from fadc.errors import UsageError
from fadc.project.files import SourceFile, read, read_standard_input


class Mode(str, Enum):
    """How to differentiate."""

    forward = "forward"
    reverse = "reverse"
    mixed = "mixed"


class Residuals(str, Enum):
    """What stays at the clients between the sweeps of reverse mode."""

    store = "store"
    recompute = "recompute"
    rebroadcast = "rebroadcast"


class Dtype(str, Enum):
    """`fadc.analyses.widths.DTYPES` as an enumeration, for typer."""

    float32 = "float32"
    float64 = "float64"
    float16 = "float16"
    bfloat16 = "bfloat16"


class Color(str, Enum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


ColorOption = Annotated[Color, Option("--color", help="When to colour the output.")]
StdinFilename = Annotated[
    str, Option("--stdin-filename", metavar="PATH", help="What to call standard input.")
]
Of = Annotated[
    str | None, Option("--of", metavar="NAME", help="The computation, where there are several.")
]
Wrt = Annotated[str | None, Option("--wrt", metavar="A,B", help="The inputs to differentiate by.")]
Result = Annotated[
    str | None,
    Option("--result", metavar="R", help="The result to differentiate, by name or number."),
]
ResidualsOption = Annotated[
    Residuals | None,
    Option("--residuals", help="What clients keep between the sweeps.", show_default="store"),
]
Checkpoint = Annotated[
    str | None, Option("--checkpoint", metavar="every=K", help="Keep every K-th value of a loop.")
]
Dim = Annotated[
    list[str] | None, Option("--dim", metavar="NAME=N,...", help="Sizes to decide by (mixed mode).")
]
Cost = Annotated[
    list[str] | None,
    Option(
        "--cost",
        metavar="up=U,down=D,round=R",
        help="Prices of a byte up, a byte down and a round (mixed mode).",
    ),
]
DtypeOption = Annotated[
    Dtype | None,
    Option(
        "--dtype", help="What floats are, for costs.", show_default="as annotated, else float32"
    ),
]
Accumulate = Annotated[
    list[str] | None,
    Option(
        "--accumulate",
        metavar="STAGE=HOW,...",
        help="How to derive a stage: jacobian, pullback or pushforward (mixed mode).",
    ),
]
Module = Annotated[
    str | None,
    Option("--module", metavar="NAME", help="Where to import the program's classes from."),
]
SelfContained = Annotated[
    bool, Option("--self-contained", help="Copy the program's classes instead of importing them.")
]


def complete_codes() -> list[str]:
    """The codes of diagnostics, for the shell's completion."""
    from fadc.diagnostics import codes

    return list(codes())


def source_of(file: str, stdin_filename: str) -> SourceFile:
    return read_standard_input(stdin_filename) if file == "-" else read(file)


def names_of(listed: str | None) -> tuple[str, ...] | None:
    """The names in `a,b`."""
    if listed is None:
        return None
    names = tuple(name.strip() for name in listed.split(",") if name.strip())
    if not names:
        raise UsageError(f"`{listed}` lists nothing")
    return names


def pairs_of(option: str, given: list[str] | None) -> tuple[tuple[str, str], ...]:
    """The names and values in `d=10,n=5`, which may be given several times."""
    found: list[tuple[str, str]] = []
    for part in (part for text in given or () for part in _parts(text)):
        name, _, value = part.rpartition("=")
        if not (name.strip() and value.strip()):
            raise UsageError(f"--{option} takes `NAME=VALUE`, not `{part}`")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def _parts(text: str) -> list[str]:
    """The parts between commas outside brackets: `len(range(1, n))=3,d=4` has two."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def residuals_of(mode: Mode, residuals: Residuals | None) -> str:
    """The residual policy. Raises UsageError in forward mode, which has no residuals."""
    if residuals is not None and mode is Mode.forward:
        raise UsageError("--residuals is an option of --mode reverse and mixed")
    return (residuals or Residuals.store).value


def checkpoint_of(text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"every=([1-9][0-9]{0,17})", text)
    if match is None:
        raise UsageError(f"--checkpoint takes `every=K` with a positive K, not `{text}`")
    return int(match[1])
