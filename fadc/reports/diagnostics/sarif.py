"""SARIF 2.1.0, the format of code scanning services.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and for the part of it that
GitHub uses https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support.
Rules have no `security-severity`, which is a score for vulnerabilities.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fadc
from fadc.diagnostics import Diagnostic, Fix, Rule, Severity, all_rules, codes
from fadc.reports.diagnostics.line_hashes import line_hashes
from fadc.reports.diagnostics.paths import relative
from fadc.reports.explanations import markdown, plain
from fadc.span import Span

_TAGS = {
    "1": "language",
    "2": "placement",
    "3": "closure",
    "4": "differentiability",
    "5": "cost-and-privacy",
    "9": "suppression",
}
_PROBLEMS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """A log of one run, with all rules of fadc, whether or not they found anything."""
    hashes = {path: line_hashes(sources[path]) for path in _found_in(diagnostics, sources)}
    driver = {
        "name": "fadc",
        "version": fadc.__version__,
        "rules": [_rule(each) for each in all_rules()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, hashes.get(each.span.path, [])) for each in diagnostics],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _found_in(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> set[str]:
    return {each.span.path for each in diagnostics} & set(sources)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"fadc allows {rule.name}."},
        "fullDescription": {"text": rule.why},
        "help": {"text": plain(rule), "markdown": markdown(rule)},
        "defaultConfiguration": {"level": _level(rule.severity)},
        "properties": {
            "tags": [_TAGS[rule.code[3]]],
            "precision": "high",
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _result(diagnostic: Diagnostic, hashes: Sequence[str]) -> dict[str, Any]:
    """A result; `hashes` are those of its file's lines, if the file is known."""
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes().index(diagnostic.code),
        "level": _level(diagnostic.severity),
        "message": {"text": f"{diagnostic.message}: {diagnostic.help}"},
        "locations": [_location(diagnostic.span)],
    }
    line = diagnostic.span.start_line
    if line <= len(hashes):
        result["partialFingerprints"] = {"primaryLocationLineHash": hashes[line - 1]}
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, **_location(span), "message": {"text": label}}
            for number, (span, label) in enumerate(diagnostic.related)
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    """A fix; all of its edits are in the file of its diagnostic."""
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    artifact = _artifact(fix.edits[0].span.path)
    changes = [{"artifactLocation": artifact, "replacements": replacements}]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _level(severity: Severity) -> str:
    """SARIF's level of a severity; the names are the same."""
    return severity.value


def _location(span: Span) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(span.path), "region": _region(span)}
    return {"physicalLocation": place}


def _region(span: Span) -> dict[str, Any]:
    return {
        "startLine": span.start_line,
        "startColumn": span.start_column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _artifact(path: str) -> dict[str, Any]:
    """The URI of a file, relative under the working directory, so that services find it."""
    where = relative(path)
    if Path(where).is_absolute():
        return {"uri": Path(where).as_uri()}
    return {"uri": quote(os.fsencode(where)), "uriBaseId": "%SRCROOT%"}
