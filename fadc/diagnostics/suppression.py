"""Comments that silence diagnostics: `# fadc: ignore[FAD203]` on a diagnostic's first line.

Several codes are separated by commas, a prefix stands for all codes that begin with it, and a bare
`# fadc: ignore` stands for all. What a comment lists in vain is itself reported (FAD901), but for codes
that only some modes and settings bring to light.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fadc.diagnostics.catalogue import codes, make, rule
from fadc.diagnostics.diagnostic import Diagnostic
from fadc.span import Span

# A file that does not parse has no comments that could be trusted.
UNSUPPRESSABLE = frozenset({"FAD100"})

_DIRECTIVE = re.compile(r"#\s*fadc:\s*ignore\b(?:\[(?P<codes>[^\]\n]*)\])?")


@dataclass(frozen=True)
class Suppression:
    """One comment. `prefixes` is None for a bare one, which silences everything."""

    line: int
    start_column: int
    end_column: int
    prefixes: tuple[str, ...] | None

    def covers(self, diagnostic: Diagnostic) -> bool:
        """Whether the comment silences this diagnostic."""
        return diagnostic.span.start_line == self.line and (
            self.prefixes is None or diagnostic.code.startswith(self.prefixes)
        )


def suppress(diagnostics: Iterable[Diagnostic], source: str, path: str = "") -> list[Diagnostic]:
    """The diagnostics that no comment silences, and one for each comment used in vain, sorted.

    `path` is for the spans of the latter; without it, that of the first diagnostic is taken.
    """
    found = list(diagnostics)
    trusted = "fadc:" in source and not any(each.code in UNSUPPRESSABLE for each in found)
    comments = list(suppressions(source)) if trusted else []
    kept = [each for each in found if not any(comment.covers(each) for comment in comments)]
    where = path or next((each.span.path for each in found), "")
    unused = [report for comment in comments for report in _unused(comment, found, where)]
    return sorted(kept + unused, key=lambda each: (each.span, each.code))


def suppressions(source: str) -> Iterator[Suppression]:
    """The comments of a source; reading ends quietly where it cannot be tokenized."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and (match := _DIRECTIVE.search(token.string)):
                line, column = token.start
                start, end = column + match.start(), column + match.end()
                yield Suppression(line, start, end, _prefixes(match["codes"]))
    except (tokenize.TokenError, SyntaxError):
        return


def _prefixes(codes: str | None) -> tuple[str, ...] | None:
    """The codes between the brackets; None without brackets."""
    if codes is None:
        return None
    return tuple(code.strip() for code in codes.split(",") if code.strip())


def _unused(comment: Suppression, found: list[Diagnostic], path: str) -> Iterator[Diagnostic]:
    """FAD901 for what a comment lists and no diagnostic on its line has."""
    covered = [each.code for each in found if comment.covers(each)]
    prefixes = comment.prefixes or ()
    idle = [
        each
        for each in prefixes
        if not any(code.startswith(each) for code in covered) and not _is_conditional(each)
    ]
    if idle or not (covered or prefixes):
        span = Span(path, comment.line, comment.start_column, comment.line, comment.end_column)
        none = "every code" if comment.prefixes is None else "no code"
        yield make("FAD901", span, codes=", ".join(idle) or none)


def _is_conditional(code: str) -> bool:
    """Whether a code is reported under some modes or settings only."""
    bad = rule(code).bad if code in codes() else None
    return bad is not None and bool(bad.options or bad.settings)
