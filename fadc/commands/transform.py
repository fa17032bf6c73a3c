"""`fadc transform`."""

import sys
from typing import Annotated

from typer import Argument, Option

from fadc.commands.derivatives import Derivative, with_options
from fadc.commands.options import Color, ColorOption, Mode, StdinFilename, source_of
from fadc.commands.terminal import say, say_bytes
from fadc.errors import UsageError
from fadc.project.files import encode, existing, refuse_output, write


@with_options
def transform(
    file: Annotated[str, Argument(metavar="FILE", help="The program; `-` is standard input.")],
    *,
    mode: Annotated[Mode, Option(help="How to differentiate.")],
    derivative: Derivative,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE", help="Where to write the derivative.")
    ] = None,
    check: Annotated[bool, Option("--check", help="Fail if the file of -o would change.")] = False,
    diff: Annotated[bool, Option("--diff", help="Print what would change in it.")] = False,
    dump_after: Annotated[
        str | None, Option(metavar="PASS", help="Print the IR after a pass instead.")
    ] = None,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Write the derivative of a computation as a module of its own."""
    if (check or diff) and output is None:
        raise UsageError("--check and --diff compare with the file that -o names")
    request = derivative.request(mode, dump_after)
    source = source_of(file, stdin_filename)
    if output is not None:
        refuse_output(output, source.path)

    from fadc import pipeline
    from fadc.commands.showing import complain, policy_of
    from fadc.project.checks import fails

    done = pipeline.transform(source.text, source.path, request, policy_of(source))
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
    """Exits with 1 if the file would change."""
    from fadc.reports.differences import unified

    before = existing(output)
    if before == content:
        return
    if diff:
        say(unified(before, content, output), sys.stdout)
    say(f"fadc: {output} would change\n", sys.stderr)
    raise SystemExit(1)
