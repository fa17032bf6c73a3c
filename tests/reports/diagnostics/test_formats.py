"""Each format writes what its consumer documents."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fadc.diagnostics import Diagnostic, Edit, Fix, Severity, make
from fadc.reports.diagnostics import FORMATS, formatter
from fadc.reports.diagnostics.full import render as full
from fadc.span import Span

SOURCE = """\
def fedavg_round(w, x, y):
    updated = fed.map(client_update, w, x, y)
    while jnp.linalg.norm(w) > (
        1.0
    ):
        w = fed.mean(updated)
"""
FOUND = [
    make("FAD202", Span("a b.py", 2, 37, 2, 38), name="w", function="client_update"),
    make("FAD101", Span("a b.py", 3, 4, 5, 5), related=((Span("a b.py", 6, 8, 6, 9), "bound"),)),
]


FIX = Fix(
    "broadcast `w`",
    (
        Edit(Span("a b.py", 2, 37, 2, 37), "fed.broadcast("),
        Edit(Span("a b.py", 2, 38, 2, 38), ")"),
    ),
)
FIXABLE = [replace(FOUND[0], fix=FIX), FOUND[1]]


def _write(name: str, found: list[Diagnostic] = FOUND) -> str:
    return formatter(name)(found, {"a b.py": SOURCE})


def test_full() -> None:
    assert (
        _write("full")
        == """\
error[FAD202]: server value `w` is given to `client_update` without a broadcast
 --> a b.py:2:38
  |
2 |     updated = fed.map(client_update, w, x, y)
  |                                      ^
  = help: write `fed.broadcast(w)` and pass its result

error[FAD101]: a `while` loop in a computation runs a number of rounds that is not known in advance
 --> a b.py:3:5
  |
3 |     while jnp.linalg.norm(w) > (
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
4 |         1.0
  |         ^^^
5 |     ):
  |     ^
  = note: a b.py:6:9: bound
  = help: write `for _ in range(rounds):` with a static number of rounds

"""
    )


def test_full_shows_the_ends_of_a_long_span() -> None:
    found = [make("FAD101", Span("a b.py", 1, 0, 6, 28))]
    text = _write("full", found)
    assert "\n2 |" in text and "\n...\n6 |" in text and "\n3 |" not in text


def test_full_without_the_source_still_says_where() -> None:
    assert full(FOUND[:1], {}).splitlines()[1:3] == [
        " --> a b.py:2:38",
        "  = help: write `fed.broadcast(w)` and pass its result",
    ]


def test_full_is_plain_unless_colour_is_asked_for() -> None:
    assert "\x1b" not in _write("full")
    assert "\x1b[1;31merror[FAD202]\x1b[0m" in full(FOUND, {"a b.py": SOURCE}, color=True)


def test_full_cuts_long_lines_to_the_columns_and_keeps_the_underlined_part() -> None:
    line = "total = " + "a + " * 100 + "wrong" + " + b" * 100
    at = line.index("wrong")
    found = [make("FAD203", Span("a.py", 1, at, 1, at + 5), name="wrong")]
    _, _, _, code, carets, _, *_ = full(found, {"a.py": line}, columns=60).splitlines()
    assert len(code) <= 60
    assert code[carets.index("^") : carets.rindex("^") + 1] == "wrong"


def test_full_underlines_wide_characters_and_tabs_by_cells() -> None:
    found = [make("FAD203", Span("a.py", 1, 6, 1, 7), name="w")]
    _, _, _, code, carets, *_ = full(found, {"a.py": "\t'模型'+w"}).splitlines()
    assert code == "1 |     '模型'+w"
    assert carets == "  |            ^"


def test_full_keeps_escape_sequences_of_the_source_from_the_terminal() -> None:
    found = [make("FAD203", Span("\x1b.py", 1, 0, 1, 1), name="\x1b[2J")]
    text = full(found, {"\x1b.py": "w # \x1b[2J\u202e"})
    assert "\x1b" not in text and "\u202e" not in text


def test_concise() -> None:
    assert _write("concise").splitlines()[0] == (
        "a b.py:2:38: FAD202 server value `w` is given to `client_update` without a broadcast"
    )


def test_json() -> None:
    first, second = json.loads(_write("json"))
    assert first == {
        "code": "FAD202",
        "name": "unbroadcast-argument",
        "severity": "error",
        "message": "server value `w` is given to `client_update` without a broadcast",
        "help": "write `fed.broadcast(w)` and pass its result",
        "filename": "a b.py",
        "location": {"row": 2, "column": 38},
        "end_location": {"row": 2, "column": 39},
        "related": [],
        "fix": None,
    }
    assert second["related"][0]["location"] == {"row": 6, "column": 9}


def test_json_lines_are_the_objects_of_json() -> None:
    lines = _write("json-lines").splitlines()
    assert [json.loads(line) for line in lines] == json.loads(_write("json"))


def test_json_tells_a_fix_as_ruff_does() -> None:
    first, _ = json.loads(_write("json", FIXABLE))
    assert first["fix"] == {
        "applicability": "safe",
        "message": "broadcast `w`",
        "edits": [
            {
                "content": "fed.broadcast(",
                "location": {"row": 2, "column": 38},
                "end_location": {"row": 2, "column": 38},
            },
            {
                "content": ")",
                "location": {"row": 2, "column": 39},
                "end_location": {"row": 2, "column": 39},
            },
        ],
    }


def test_what_can_be_mended_is_marked() -> None:
    first, second = _write("concise", FIXABLE).splitlines()
    assert ": FAD202 [*] server value" in first and "[*]" not in second
    text = _write("full", FIXABLE)
    assert "help: write `fed.broadcast(w)` and pass its result [*]\n" in text
    assert text.count("[*]") == 1


def test_github() -> None:
    first, second = _write("github").splitlines()
    assert first == (
        "::error title=fadc (FAD202),file=a b.py,line=2,endLine=2,col=38,endColumn=39::"
        "FAD202 server value `w` is given to `client_update` without a broadcast: "
        "write `fed.broadcast(w)` and pass its result"
    )
    assert second.startswith("::error title=fadc (FAD101),file=a b.py,line=3,endLine=5::")


def test_github_escapes_what_would_end_a_command() -> None:
    span = Span("a,b:c%.py", 1, 0, 1, 1)
    found = Diagnostic("FAD203", "n", Severity.NOTE, "50 %\nof x::y", span, "h")
    text = formatter("github")([found], {})
    assert text.startswith("::notice title=fadc (FAD203),file=a%2Cb%3Ac%25.py,line=1")
    assert text.endswith("::FAD203 50 %25%0Aof x::y: h\n")


def test_gitlab() -> None:
    first, _ = json.loads(_write("gitlab"))
    assert first["check_name"] == "unbroadcast-argument"
    assert first["severity"] == "major"
    assert first["location"] == {"path": "a b.py", "lines": {"begin": 2, "end": 2}}
    assert first["description"].startswith("FAD202: server value `w`")


def test_gitlab_fingerprints_are_distinct_and_survive_edits_above() -> None:
    def fingerprints(shift: int) -> list[str]:
        spans = [Span("a.py", line + shift, 0, line + shift, 1) for line in (1, 2)]
        found = [make("FAD203", span, name="x") for span in spans]
        text = formatter("gitlab")(found, {"a.py": "\n" * shift + "x + w\nx + w\n"})
        return [issue["fingerprint"] for issue in json.loads(text)]

    assert fingerprints(0) == fingerprints(3)
    assert len(set(fingerprints(0))) == 2


def test_sarif_is_valid(tmp_path: Path) -> None:
    pytest.importorskip("sarif_kit")
    file = tmp_path / "found.sarif"
    file.write_text(_write("sarif", FIXABLE), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("sarif-kit")), "validate", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sarif_results_point_at_their_rules() -> None:
    (run,) = json.loads(_write("sarif"))["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        described = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert described["id"] == result["ruleId"]
        assert described["help"]["markdown"].startswith(f"## {result['ruleId']}")
        assert result["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 38, "endLine": 2, "endColumn": 39}


def test_sarif_tells_the_fixes() -> None:
    first, second = json.loads(_write("sarif", FIXABLE))["runs"][0]["results"]
    (fix,) = first["fixes"]
    assert fix["description"] == {"text": "broadcast `w`"}
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert change["replacements"][1] == {
        "deletedRegion": {"startLine": 2, "startColumn": 39, "endLine": 2, "endColumn": 39},
        "insertedContent": {"text": ")"},
    }
    assert "fixes" not in second


def test_sarif_rules_have_what_github_asks_for() -> None:
    """Texts that are required are there, and within its limits."""
    (run,) = json.loads(_write("sarif", []))["runs"]
    for described in run["tool"]["driver"]["rules"]:
        assert len(described["name"]) <= 255
        for part in ("shortDescription", "fullDescription"):
            assert 0 < len(described[part]["text"]) <= 1024, described["id"]
        assert described["help"]["text"] and described["help"]["markdown"]
        assert described["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert len(described["properties"]["tags"]) == 1


def test_a_name_that_is_not_utf_8_does_not_stop_any_format() -> None:
    path = os.fsdecode(b"\xff.py")
    found = [make("FAD203", Span(path, 1, 0, 1, 1), name="x")]
    for name in FORMATS:
        assert formatter(name)(found, {path: "x"})
    assert '"uri": "%FF.py"' in formatter("sarif")(found, {path: "x"})


def test_files_below_the_working_directory_are_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [make("FAD203", Span(str(tmp_path / "src" / "a.py"), 1, 0, 1, 1), name="x")]
    (issue,) = json.loads(formatter("gitlab")(found, {}))
    assert issue["location"]["path"] == "src/a.py"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_said_in_every_format(name: str) -> None:
    text = _write(name, [])
    assert text == {"json": "[]\n", "gitlab": "[]\n"}.get(name, text if name == "sarif" else "")
