"""A rule's record, from which its tests, explanation, SARIF entry and reference are made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from fadc.diagnostics.diagnostic import Severity
from fadc.span import Span


@dataclass(frozen=True)
class Example:
    """A complete module with exactly one finding.

    `marked` is the source text that is underlined, a whole word: its first occurrence from line
    `line` (from 1) on. `message` and `help` are the finding's full texts. `options` are those of
    `transform` for findings that only a differentiation reveals (mode, of, wrt, …); `settings` are
    those of `check` for findings that depend on a configuration (mode, mechanisms, …). `fixed` is
    the source after the rule's fix.
    """

    source: str
    marked: str
    message: str
    help: str
    line: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    fixed: str | None = None

    def span(self, path: str) -> Span:
        """The span of `marked` in `source`. Raises ValueError if it is not there."""
        lines = self.source.splitlines(keepends=True)
        first = sum(len(line) for line in lines[: (self.line or 1) - 1])
        found = re.compile(rf"(?<!\w){re.escape(self.marked)}(?!\w)").search(self.source, first)
        if found is None:
            raise ValueError(f"{self.marked!r} is not in the example")
        start, end = (_position(self.source, offset) for offset in found.span())
        return Span(path, *start, *end)


def _position(source: str, offset: int) -> tuple[int, int]:
    """The line (from 1) and column (from 0) of an offset."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)


@dataclass(frozen=True)
class Rule:
    """A bad pattern: its name completes the sentence "fadc allows …".

    `message` and `help` are templates for `str.format`; `why` is the reason, a paragraph or two.
    `near_misses` are complete modules that look alike and are clean. A comment may waive a rule
    that is `waivable`, in `check` and `transform` alike; the findings of other rules leave nothing
    that could be derived.
    """

    code: str
    name: str
    severity: Severity
    message: str
    help: str
    why: str
    bad: Example
    near_misses: tuple[str, ...]
    waivable: bool = False

    @property
    def slots(self) -> frozenset[str]:
        """The names that a caller of `make` must give."""
        parts = [*Formatter().parse(self.message), *Formatter().parse(self.help)]
        return frozenset(name for _, name, _, _ in parts if name)
