"""The explanation of a rule by `fadc explain`, made from the rule's record."""

import difflib
from collections.abc import Iterable
from textwrap import fill

from fadc.diagnostics import Diagnostic, Fix, Rule
from fadc.reports.diagnostics.full import render

_LONGEST = 100  # characters of an example's line
_WIDTH = 80  # columns of prose in a terminal


def markdown(rule: Rule) -> str:
    """A section of the reference page."""
    return "\n\n".join(
        [
            f"## {rule.code}: {rule.name}",
            f"*{rule.severity.value.capitalize()}*: {rule.message}",
            rule.why,
            f"**Instead**: {rule.help}",
            _waiver(rule),
            "### Refused" if rule.severity.value == "error" else "### Reported",
            _fenced("python", _example(rule.bad.source)),
            _fenced("text", _finding(rule)),
            *(f"`--fix` changes:\n\n{_fenced('diff', change)}" for change in _change(rule)),
            "### Allowed",
            *(_fenced("python", _example(source)) for source in rule.near_misses),
        ]
    )


def plain(rule: Rule) -> str:
    """The same for a terminal."""
    first, *others = (_indented(_example(source)) for source in rule.near_misses)
    return "\n\n".join(
        [
            f"{rule.code}: {rule.name} ({rule.severity.value})",
            _wrapped(rule.message),
            _wrapped(rule.why),
            _wrapped(f"Instead: {rule.help}"),
            _waiver(rule),
            "Refused:" if rule.severity.value == "error" else "Reported:",
            _indented(_example(rule.bad.source)),
            _finding(rule),
            *(f"`--fix` changes:\n\n{_indented(change)}" for change in _change(rule)),
            "Allowed:",
            first,
            *(part for example in others for part in ("Allowed, too:", example)),
        ]
    )


def reference(rules: Iterable[Rule]) -> str:
    """The page of all rules, with a table to find them by."""
    rules = tuple(rules)
    heading = "# What fadc reports\n\nMade from the rules' own records by `fadc explain --all`."
    rows = ["| code | name | severity |", "|---|---|---|"]
    for rule in rules:
        anchor = f"{rule.code}-{rule.name}".lower()
        rows.append(f"| [{rule.code}](#{anchor}) | {rule.name} | {rule.severity.value} |")
    return "\n\n".join([heading, "\n".join(rows), *(markdown(rule) for rule in rules)])


def _waiver(rule: Rule) -> str:
    """The sentence on whether a comment may waive the rule's diagnostics."""
    if rule.waivable:
        return f"A comment can waive it: `# fadc: ignore[{rule.code}]`."
    return "No comment can waive it."


def _wrapped(text: str) -> str:
    """Prose wrapped for a terminal, in paragraphs; code between backquotes is not broken."""
    return "\n\n".join(
        fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for paragraph in text.split("\n\n")
    )


def _finding(rule: Rule) -> str:
    """The output of `fadc check` for the bad example."""
    bad = rule.bad
    span = bad.span("example.py")
    fix = None if bad.fixed is None else Fix("", ())
    found = Diagnostic(rule.code, rule.name, rule.severity, bad.message, span, bad.help, (), fix)
    return render([found], {"example.py": bad.source}, columns=_LONGEST).rstrip()


def _change(rule: Rule) -> list[str]:
    """The lines of the bad example that its fix changes; empty if there is no fix."""
    if rule.bad.fixed is None:
        return []
    lines = difflib.unified_diff(rule.bad.source.split("\n"), rule.bad.fixed.split("\n"), n=0)
    changes = [line for line in lines if line[:3] not in ("---", "+++") and line[0] != "@"]
    return [_example("\n".join(line.rstrip() for line in changes))]


def _example(source: str) -> str:
    """The example with overlong lines cut."""
    lines = source.rstrip().split("\n")
    return "\n".join(
        line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …" for line in lines
    )


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
