"""One line per diagnostic, as compilers print them and editors parse them."""

from collections.abc import Mapping, Sequence

from fadc.diagnostics import Diagnostic
from fadc.reports.diagnostics.printable import printable


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """`path:line:column: CODE message`, columns from 1; `[*]` marks what `--fix` mends, as in ruff."""
    return "".join(f"{concise_line(each)}\n" for each in diagnostics)


def concise_line(diagnostic: Diagnostic) -> str:
    """The line of one diagnostic."""
    span = diagnostic.span
    where = f"{span.path}:{span.start_line}:{span.start_column + 1}"
    mark = "[*] " if diagnostic.fix is not None else ""
    return printable(f"{where}: {diagnostic.code} {mark}{diagnostic.message}")
