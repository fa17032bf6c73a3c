"""`fadc verify`."""

import sys
from typing import Annotated

from fadc.commands.line import Argument, Option
from fadc.commands.options import (
    Checkpoint,
    Color,
    ColorOption,
    Mode,
    Of,
    Residuals,
    ResidualsOption,
    Wrt,
    checkpoint_of,
    names_of,
)
from fadc.commands.showing import complain
from fadc.errors import UsageError
from fadc.files import read
from fadc.terminal import say


def verify(
    file: Annotated[str, Argument(metavar="FILE", help="The program.")],
    mode: Annotated[Mode, Option(help="How to differentiate.")] = Mode.reverse,
    of: Of = None,
    wrt: Wrt = None,
    clients: Annotated[str, Option(metavar="N,M", help="Numbers of clients.")] = "2,5",
    seed: Annotated[int, Option(help="Seed of the random inputs.")] = 0,
    inputs: Annotated[
        str | None, Option(metavar="MODULE:FUNCTION", help="Makes inputs for n clients.")
    ] = None,
    residuals: ResidualsOption = Residuals.store,
    checkpoint: Checkpoint = None,
    color: ColorOption = Color.auto,
) -> None:
    """Run the derivative and compare it with JAX's. This one runs the program."""
    counts = tuple(_count(each) for each in names_of(clients) or ())
    every = checkpoint_of(checkpoint)
    source = read(file)

    from fadc import verification

    request = verification.Request(
        source,
        mode.value,
        of,
        names_of(wrt),
        counts,
        seed=seed,
        inputs=inputs,
        residuals=residuals.value,
        checkpoint=every,
    )
    done = verification.verify(request)
    complain(done.diagnostics, source, color)
    say(verification.table(done), sys.stdout)
    raise SystemExit(0 if done.agrees else 1)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--clients takes positive numbers, not `{text}`")
    return int(text)
