"""The last line of a check's output, and the table of `--statistics`."""

from collections import Counter
from collections.abc import Sequence

from fadc.diagnostics import Diagnostic, Severity


def summary(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """The numbers of diagnostics by severity, in words, and how many `--fix` would mend."""
    if not files:
        return "warning: there are no Python files to check"
    fixable = sum(each.fix is not None for each in diagnostics)
    note = f"; {fixable} fixable with --fix [*]" if fixable else ""
    return f"found {_found(diagnostics) or 'nothing to report'} in {_counted(files, 'file')}{note}"


def summary_of_fixes(fixed: int, remaining: Sequence[Diagnostic], files: int) -> str:
    """How many diagnostics were mended, and what remains."""
    more = _found(remaining) or f"nothing {'more ' if fixed else ''}to report"
    return f"fixed {fixed}, found {more} in {_counted(files, 'file')}"


def summary_of_differences(fixable: int, files: int) -> str:
    """How many diagnostics would be mended."""
    return f"would fix {fixable} in {_counted(files, 'file')}"


def _found(diagnostics: Sequence[Diagnostic]) -> str:
    counts = Counter(each.severity for each in diagnostics)
    return ", ".join(_counted(counts[each], each.value) for each in Severity if counts[each])


def statistics(diagnostics: Sequence[Diagnostic]) -> str:
    """Counts, codes and names, the most frequent first."""
    counts = Counter((each.code, each.name) for each in diagnostics)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count}\t{code}\t{name}\n" for (code, name), count in ordered)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
