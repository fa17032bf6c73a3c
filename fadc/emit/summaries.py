"""The last line of a check, and the table of `--statistics`."""

from collections import Counter
from collections.abc import Sequence

from fadc.diagnostics import Diagnostic, Severity


def summary(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """How many of each severity there are, in words."""
    if not files:
        return "warning: there are no Python files to check"
    counts = Counter(each.severity for each in diagnostics)
    parts = [_counted(counts[each], each.value) for each in Severity if counts[each]]
    found = f"found {', '.join(parts)}" if parts else "found nothing to report"
    return f"{found} in {_counted(files, 'file')}"


def statistics(diagnostics: Sequence[Diagnostic]) -> str:
    """Count, code and name, the most frequent first."""
    counts = Counter((each.code, each.name) for each in diagnostics)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{count}\t{code}\t{name}\n" for (code, name), count in ordered)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
