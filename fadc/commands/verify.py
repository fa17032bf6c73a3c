"""`fadc verify`."""

import sys
from typing import Annotated

from typer import Argument, Option

from fadc.commands.derivatives import Derivative, with_options
from fadc.commands.options import Color, ColorOption, Mode, names_of
from fadc.commands.terminal import say
from fadc.errors import UsageError
from fadc.project.files import read


@with_options
def verify(
    file: Annotated[str, Argument(metavar="FILE", help="The program.")],
    *,
    mode: Annotated[Mode, Option(help="How to differentiate.")] = Mode.reverse,
    derivative: Derivative,
    clients: Annotated[str, Option(metavar="N,M", help="Numbers of clients.")] = "2,5",
    seed: Annotated[int, Option(help="Seed of the random inputs.")] = 0,
    inputs: Annotated[
        str | None, Option(metavar="MODULE:FUNCTION", help="Makes inputs for n clients.")
    ] = None,
    color: ColorOption = Color.auto,
) -> None:
    """Run the derivative and compare it with JAX's. This command runs the program."""
    counts = tuple(_count(each) for each in names_of(clients) or ())
    request = derivative.request(mode)
    source = read(file)

    from fadc.commands.showing import complain
    from fadc.verify import comparison as verification

    done = verification.verify(verification.Comparison(source, request, counts, seed, inputs))
    complain(done.diagnostics, source, color)
    say(verification.table(done), sys.stdout)
    raise SystemExit(0 if done.agrees else 1)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--clients takes positive numbers, not `{text}`")
    return int(text)
