"""Which diagnostics are wanted: `--select` and `--ignore`, lists of codes or their prefixes."""

from collections.abc import Iterable, Sequence

from fadc.diagnostics.catalogue import codes
from fadc.diagnostics.diagnostic import Diagnostic
from fadc.diagnostics.suppression import UNSUPPRESSABLE
from fadc.errors import UsageError


def selected(
    diagnostics: Iterable[Diagnostic],
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
) -> list[Diagnostic]:
    """Those that `select` names (None: all) and `ignore` does not name more exactly.

    As in ruff, the longer prefix wins: `--select FAD203 --ignore FAD2` keeps FAD203. A file that
    does not parse is always reported. Raises UsageError for a prefix of no code.
    """
    wanted, unwanted = tuple(select if select is not None else [""]), tuple(ignore or ())
    for prefix in (*(select or ()), *unwanted):
        if not prefix or not any(code.startswith(prefix) for code in codes()):
            raise UsageError(f"no code begins with `{prefix}`")
    return [
        each
        for each in diagnostics
        if each.code in UNSUPPRESSABLE
        or _longest(wanted, each.code) > max(_longest(unwanted, each.code), -1)
    ]


def _longest(prefixes: Iterable[str], code: str) -> int:
    """The length of the longest prefix of the code, -1 where there is none."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
