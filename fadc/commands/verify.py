"""`fadc verify`."""

import sys
from typing import Annotated

from fadc.commands.line import Argument, Option
from fadc.commands.options import (
    Accumulate,
    Checkpoint,
    Color,
    ColorOption,
    Cost,
    Dim,
    DtypeOption,
    Mode,
    Module,
    Of,
    ResidualsOption,
    Result,
    SelfContained,
    Wrt,
    checkpoint_of,
    names_of,
    pairs_of,
    residuals_of,
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
    result: Result = None,
    clients: Annotated[str, Option(metavar="N,M", help="Numbers of clients.")] = "2,5",
    seed: Annotated[int, Option(help="Seed of the random inputs.")] = 0,
    inputs: Annotated[
        str | None, Option(metavar="MODULE:FUNCTION", help="Makes inputs for n clients.")
    ] = None,
    residuals: ResidualsOption = None,
    checkpoint: Checkpoint = None,
    dim: Dim = None,
    cost: Cost = None,
    accumulate: Accumulate = None,
    dtype: DtypeOption = None,
    module: Module = None,
    self_contained: SelfContained = False,
    color: ColorOption = Color.auto,
) -> None:
    """Run the derivative and compare it with JAX's. This one runs the program."""
    counts = tuple(_count(each) for each in names_of(clients) or ())
    every = checkpoint_of(checkpoint)
    kept = residuals_of(mode, residuals)
    source = read(file)

    from fadc import verification
    from fadc.request import Request

    request = Request(
        mode.value,
        of,
        names_of(wrt),
        result,
        kept,
        every,
        cost=pairs_of("cost", cost),
        dims=pairs_of("dim", dim),
        accumulate=pairs_of("accumulate", accumulate),
        dtype=dtype and dtype.value,
        module=module,
        self_contained=self_contained,
    )
    done = verification.verify(verification.Task(source, request, counts, seed, inputs))
    complain(done.diagnostics, source, color)
    say(verification.table(done), sys.stdout)
    raise SystemExit(0 if done.agrees else 1)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--clients takes positive numbers, not `{text}`")
    return int(text)
