"""Comments that waive diagnostics: `# fadc: ignore[FAD305]` on a diagnostic's first line.

Several codes are separated by commas, a prefix stands for all codes that begin with it, and a bare
`# fadc: ignore` stands for all. Codes that a comment lists without effect are reported themselves
(FAD901), except codes that are found only in some modes and settings. An error cannot be waived
unless its rule is waivable.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from fadc.diagnostics.catalogue import codes, make, rule
from fadc.diagnostics.diagnostic import Diagnostic, Severity
from fadc.span import Span

# The comments of a file that does not parse cannot be trusted.
UNSUPPRESSABLE = frozenset({"FAD100"})

_DIRECTIVE = re.compile(r"#\s*fadc:\s*ignore\b(?:\[(?P<codes>[^\]\n]*)\])?")


@dataclass(frozen=True)
class Suppression:
    """One comment. `prefixes` is None for a bare one, which names everything."""

    line: int
    start_column: int
    end_column: int
    prefixes: tuple[str, ...] | None

    def waives(self, diagnostic: Diagnostic) -> bool:
        """Whether the comment silences this diagnostic."""
        return self.names(diagnostic) and is_waivable(diagnostic)

    def names(self, diagnostic: Diagnostic) -> bool:
        """Whether the comment names this diagnostic's code."""
        return diagnostic.span.start_line == self.line and (
            self.prefixes is None or diagnostic.code.startswith(self.prefixes)
        )


def is_waivable(diagnostic: Diagnostic) -> bool:
    """Whether a comment may silence a diagnostic: all that are not errors, and some errors."""
    return diagnostic.severity is not Severity.ERROR or rule(diagnostic.code).waivable


def suppress(diagnostics: Iterable[Diagnostic], source: str, path: str = "") -> list[Diagnostic]:
    """The diagnostics that no comment waives, and one for each unused comment, sorted.

    All are of one file. `path` is for the spans of unused comments; by default it is that of the
    first diagnostic.
    """
    found = list(diagnostics)
    comments = comments_of(source, found)
    where = path or next((each.span.path for each in found), "")
    unused = [report for comment in comments for report in _unused(comment, found, where)]
    return sorted(_standing(found, comments) + unused, key=_order)


def standing(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> list[Diagnostic]:
    """The diagnostics that no comment of their own file waives, sorted. `sources` are by path."""
    found = list(diagnostics)
    kept: list[Diagnostic] = []
    for path in dict.fromkeys(each.span.path for each in found):
        here = [each for each in found if each.span.path == path]
        kept += _standing(here, comments_of(sources.get(path, ""), here))
    return sorted(kept, key=_order)


def comments_of(source: str, found: Iterable[Diagnostic] = ()) -> list[Suppression]:
    """The comments of a source that can be trusted."""
    trusted = "fadc:" in source and not any(each.code in UNSUPPRESSABLE for each in found)
    return list(suppressions(source)) if trusted else []


def _standing(found: list[Diagnostic], comments: list[Suppression]) -> list[Diagnostic]:
    """What no comment waives. An error that a comment names in vain says so."""
    kept = [each for each in found if not any(comment.waives(each) for comment in comments)]
    return [
        replace(each, help=f"{each.help}; no comment can waive {each.code}")
        if any(comment.names(each) for comment in comments)
        else each
        for each in kept
    ]


def _order(diagnostic: Diagnostic) -> tuple[Span, str]:
    return diagnostic.span, diagnostic.code


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
    covered = [each.code for each in found if comment.names(each)]
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
