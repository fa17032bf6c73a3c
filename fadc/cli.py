"""The command line: reads options, calls the pipeline, prints, sets the exit status.

Exit status: 0 nothing wrong, 1 the program has errors (or a file would change), 2 the request is
wrong (options, configuration, files).
"""

import os
import re
import sys
from enum import Enum
from typing import Annotated, NoReturn

import typer

from fadc import __version__
from fadc.checking import Checked, check_files, check_paths, combined, fails
from fadc.configuration import Configuration, configuration_of
from fadc.diagnostics import Diagnostic
from fadc.diagnostics.selection import selected
from fadc.emit.diagnostics import Format, formatter
from fadc.errors import UsageError
from fadc.files import SourceFile, encode, existing, read, read_standard_input, refuse_output, write
from fadc.terminal import columns, say, say_bytes, wants_color

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class OutputFormat(str, Enum):
    """`fadc.emit.diagnostics.FORMATS` as typer wants it."""

    full = "full"
    concise = "concise"
    json = "json"
    json_lines = "json-lines"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"


class Mode(str, Enum):
    """How to differentiate."""

    forward = "forward"
    reverse = "reverse"


class Residuals(str, Enum):
    """What stays at the clients between the sweeps of reverse mode."""

    store = "store"
    recompute = "recompute"
    rebroadcast = "rebroadcast"


class Color(str, Enum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


class Page(str, Enum):
    """How an explanation is written."""

    text = "text"
    markdown = "markdown"


Codes = Annotated[list[str] | None, typer.Option(metavar="CODES", show_default=False)]
ColorOption = Annotated[Color, typer.Option("--color", help="When to colour the output.")]
StdinFilename = Annotated[
    str, typer.Option("--stdin-filename", metavar="PATH", help="What to call standard input.")
]
Of = Annotated[str | None, typer.Option("--of", metavar="NAME", help="The computation.")]
Wrt = Annotated[
    str | None, typer.Option("--wrt", metavar="A,B", help="The inputs to differentiate by.")
]
Result = Annotated[
    str | None, typer.Option("--result", metavar="R", help="The result to differentiate.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"fadc {__version__}\n", sys.stdout)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A source-to-source compiler for federated automatic differentiation."""


@app.command()
def check(
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...")] = None,
    output_format: Annotated[OutputFormat | None, typer.Option(show_default="full")] = None,
    select: Codes = None,
    ignore: Codes = None,
    mode: Annotated[Mode | None, typer.Option(help="Also hold against this mode.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail the run.")] = False,
    statistics: Annotated[bool, typer.Option("--statistics", help="Only count.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Findings do not fail.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Report what is outside the language, misplaced, or not differentiable. Runs nothing."""
    given = Configuration(
        select=_codes(select),
        ignore=_codes(ignore),
        strict=strict or None,
        mode=mode and mode.value,
        output_format=output_format and output_format.value,
    )
    checked = _checked(paths or ["."], stdin_filename, given)
    settings = combined(given, configuration_of(stdin_filename))
    if settings.mechanisms is not None:
        # A policy that were accepted in silence would be trusted.
        say("fadc: warning: `mechanisms` of [tool.fadc] is not enforced yet\n", sys.stderr)
    _print_checked(checked, settings.output_format or "full", statistics, quiet, color)
    if checked.unreadable:
        raise typer.Exit(2)
    raise typer.Exit(1 if checked.failed and not exit_zero else 0)


@app.command()
def transform(
    file: Annotated[str, typer.Argument(metavar="FILE")],
    mode: Annotated[Mode, typer.Option(help="How to differentiate.")],
    of: Of = None,
    wrt: Wrt = None,
    result: Result = None,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE")] = None,
    check: Annotated[bool, typer.Option("--check", help="Fail if FILE would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what would change.")] = False,
    residuals: Annotated[Residuals, typer.Option(help="What clients keep.")] = Residuals.store,
    checkpoint: Annotated[str | None, typer.Option(metavar="every=K")] = None,
    dump_after: Annotated[str | None, typer.Option(metavar="PASS", help="Print the IR.")] = None,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Write the derivative of a computation as a module of its own."""
    if (check or diff) and output is None:
        raise UsageError("--check and --diff compare with the file that -o names")
    every = _checkpoint(checkpoint)
    source = _source(file, stdin_filename)
    if output is not None:
        refuse_output(output, source.path)

    from fadc import pipeline

    done = pipeline.transform(
        source.text,
        source.path,
        mode=mode.value,
        of=of,
        wrt=_names(wrt),
        result=result,
        residuals=residuals.value,
        checkpoint=every,
        dump_after=dump_after,
    )
    _complain(done.diagnostics, source, color)
    if fails(done.diagnostics, strict=False):
        raise typer.Exit(1)
    if dump_after is not None:
        say(done.dumps, sys.stdout)
    elif output is None:
        say_bytes(encode(done.text, source.newline))
    elif check or diff:
        _compare(encode(done.text, source.newline), output, diff)
    else:
        write(encode(done.text, source.newline), output)


@app.command()
def verify(
    file: Annotated[str, typer.Argument(metavar="FILE")],
    mode: Annotated[Mode, typer.Option(help="How to differentiate.")] = Mode.reverse,
    of: Of = None,
    wrt: Wrt = None,
    clients: Annotated[str, typer.Option(metavar="N,M", help="Client counts.")] = "2,5",
    seed: Annotated[int, typer.Option(help="Of the random inputs.")] = 0,
    inputs: Annotated[
        str | None, typer.Option(metavar="MODULE:FUNCTION", help="Makes inputs for n clients.")
    ] = None,
    residuals: Annotated[Residuals, typer.Option(help="What clients keep.")] = Residuals.store,
    checkpoint: Annotated[str | None, typer.Option(metavar="every=K")] = None,
    color: ColorOption = Color.auto,
) -> None:
    """Run the derivative and compare it with JAX's. This one runs the program."""
    counts = tuple(_count(each) for each in _names(clients) or ())
    every = _checkpoint(checkpoint)
    source = read(file)

    from fadc import verification

    request = verification.Request(
        source,
        mode.value,
        of,
        _names(wrt),
        counts,
        seed=seed,
        inputs=inputs,
        residuals=residuals.value,
        checkpoint=every,
    )
    done = verification.verify(request)
    _complain(done.diagnostics, source, color)
    say(verification.table(done), sys.stdout)
    raise typer.Exit(0 if done.agrees else 1)


@app.command()
def explain(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every code.")] = False,
    format: Annotated[Page, typer.Option("--format", help="How it is written.")] = Page.text,
) -> None:
    """Say why a code is reported, with an example and what to write instead."""
    from fadc.diagnostics import all_rules, codes, rule
    from fadc.emit.explanations import markdown, plain, reference

    if everything == (code is not None):
        raise UsageError("give either a code or --all")
    if code is not None and code.upper() not in codes():
        raise UsageError(f"unknown code `{code}`; `fadc explain --all` lists them")
    if code is not None:
        text = (markdown if format is Page.markdown else plain)(rule(code.upper()))
    elif format is Page.markdown:
        text = reference(all_rules())
    else:
        text = "\n\n\n".join(plain(each) for each in all_rules())
    say(text + "\n", sys.stdout)


def main() -> NoReturn:
    """The entry point: errors of the request become one line and exit status 2."""
    try:
        app(prog_name="fadc")
    except UsageError as error:
        say(f"fadc: error: {error.message}\n", sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone. Nothing is left to say to it, at interpreter exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)


def _checked(paths: list[str], stdin_filename: str, given: Configuration) -> Checked:
    from fadc.discovery import discover

    if "-" not in paths:
        return check_paths(discover(paths), given)
    if paths != ["-"]:
        raise UsageError("standard input (`-`) cannot be checked together with files")
    return check_files([read_standard_input(stdin_filename)], given)


def _print_checked(
    checked: Checked, name: str, statistics: bool, quiet: bool, color: Color
) -> None:
    from fadc.emit import summaries

    for message in checked.unreadable:
        say(f"fadc: error: {message}\n", sys.stderr)
    if statistics:
        say(summaries.statistics(checked.diagnostics), sys.stdout)
    else:
        render = _full(color, to_errors=False) if name == "full" else formatter(name)
        say(render(checked.diagnostics, checked.sources), sys.stdout)
    if not quiet:
        text = summaries.summary(checked.diagnostics, len(checked.sources))
        say(f"fadc: {text}\n", sys.stderr)


def _complain(diagnostics: tuple[Diagnostic, ...], source: SourceFile, color: Color) -> None:
    """Shows a transformation's diagnostics on standard error; all errors, whatever is selected."""
    settings = configuration_of(source.path)
    wanted = selected(diagnostics, settings.select, settings.ignore)
    shown = [each for each in diagnostics if each in wanted or fails([each], strict=False)]
    say(_full(color, to_errors=True)(shown, {source.path: source.text}), sys.stderr)


def _full(color: Color, *, to_errors: bool) -> Format:
    """The full format for the stream that it goes to."""
    from fadc.emit.diagnostics.full import render

    stream = sys.stderr if to_errors else sys.stdout
    colored, wide = wants_color(color.value, stream), columns(stream)
    return lambda found, sources: render(found, sources, color=colored, columns=wide)


def _compare(content: bytes, output: str, diff: bool) -> None:
    """Exits with 1 where the file would change."""
    from fadc.emit.differences import unified

    before = existing(output)
    if before == content:
        return
    if diff:
        say(unified(before, content, output), sys.stdout)
    say(f"fadc: {output} would change\n", sys.stderr)
    raise typer.Exit(1)


def _source(file: str, stdin_filename: str) -> SourceFile:
    return read_standard_input(stdin_filename) if file == "-" else read(file)


def _names(listed: str | None) -> tuple[str, ...] | None:
    """`a,b` as names."""
    if listed is None:
        return None
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _codes(listed: list[str] | None) -> tuple[str, ...] | None:
    """`FAD1,FAD203`, perhaps given several times."""
    return None if listed is None else tuple(n for each in listed for n in _names(each) or ())


def _checkpoint(text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"every=([1-9][0-9]*)", text)
    if match is None:
        raise UsageError(f"--checkpoint takes `every=K` with a positive K, not `{text}`")
    return int(match[1])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--clients takes positive numbers, not `{text}`")
    return int(text)
