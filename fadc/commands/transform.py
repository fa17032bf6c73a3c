"""`fadc transform`."""

import sys
from typing import Annotated

from fadc.checking import fails
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
    StdinFilename,
    Wrt,
    checkpoint_of,
    names_of,
    pairs_of,
    residuals_of,
    source_of,
)
from fadc.commands.showing import complain
from fadc.configuration import configuration_of
from fadc.errors import UsageError
from fadc.files import encode, existing, refuse_output, write
from fadc.terminal import say, say_bytes


def transform(
    file: Annotated[str, Argument(metavar="FILE", help="The program; `-` is standard input.")],
    mode: Annotated[Mode, Option(help="How to differentiate.")],
    of: Of = None,
    wrt: Wrt = None,
    result: Result = None,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE", help="Where to write the derivative.")
    ] = None,
    check: Annotated[bool, Option("--check", help="Fail if the file of -o would change.")] = False,
    diff: Annotated[bool, Option("--diff", help="Print what would change in it.")] = False,
    residuals: ResidualsOption = None,
    checkpoint: Checkpoint = None,
    dim: Dim = None,
    cost: Cost = None,
    accumulate: Accumulate = None,
    dtype: DtypeOption = None,
    module: Module = None,
    self_contained: SelfContained = False,
    dump_after: Annotated[
        str | None, Option(metavar="PASS", help="Print the IR after a pass instead.")
    ] = None,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Write the derivative of a computation as a module of its own."""
    if (check or diff) and output is None:
        raise UsageError("--check and --diff compare with the file that -o names")
    every = checkpoint_of(checkpoint)
    source = source_of(file, stdin_filename)
    if output is not None:
        refuse_output(output, source.path)

    from fadc import pipeline
    from fadc.analyses.policy import Policy

    settings = configuration_of(source.path)
    done = pipeline.transform(
        source.text,
        source.path,
        mode=mode.value,
        of=of,
        wrt=names_of(wrt),
        result=result,
        residuals=residuals_of(mode, residuals),
        checkpoint=every,
        dump_after=dump_after,
        policy=Policy(settings.mechanisms, settings.private_mechanisms),
        cost=pairs_of("cost", cost),
        dims=pairs_of("dim", dim),
        accumulate=pairs_of("accumulate", accumulate),
        dtype=dtype and dtype.value,
        module=module,
        self_contained=self_contained,
    )
    complain(done.diagnostics, source, color)
    if fails(done.diagnostics, strict=False):
        raise SystemExit(1)
    if dump_after is not None:
        say(done.dumps, sys.stdout)
    elif output is None:
        say_bytes(encode(done.text, source.newline))
    elif check or diff:
        _compare(encode(done.text, source.newline), output, diff)
    else:
        write(encode(done.text, source.newline), output)


def _compare(content: bytes, output: str, diff: bool) -> None:
    """Exits with 1 where the file would change."""
    from fadc.emit.differences import unified

    before = existing(output)
    if before == content:
        return
    if diff:
        say(unified(before, content, output), sys.stdout)
    say(f"fadc: {output} would change\n", sys.stderr)
    raise SystemExit(1)
