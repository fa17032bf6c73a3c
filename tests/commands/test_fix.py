"""`fadc check --fix` and `--diff`: what they write, print and exit with."""

import json
from pathlib import Path

import pytest

from fadc.commands.options import Color
from fadc.commands.reporting import Report
from fadc.project.checks import Checked
from fadc.project.fix import Mended

from ..test_cli import CLEAN, WRONG, fadc

MENDED = CLEAN
HOPELESS = CLEAN.replace("return fed.sum(losses)", "return losses")
BOTH = WRONG.replace("return fed.sum(losses)", "return losses")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a directory of its own with a few programs in it."""
    monkeypatch.chdir(tmp_path)
    texts = {"wrong.py": WRONG, "clean.py": CLEAN, "hopeless.py": HOPELESS, "both.py": BOTH}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def test_a_file_is_mended(directory: Path) -> None:
    done = fadc("check", "wrong.py", "--fix")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"fadc: fixed 1, found nothing more to report in 1 file\n"
    assert (directory / "wrong.py").read_text() == MENDED
    assert not list(directory.glob("*.tmp"))
    again = fadc("check", "wrong.py", "--fix")
    assert again.stderr == b"fadc: fixed 0, found nothing to report in 1 file\n"


def test_what_remains_is_reported_at_its_new_place(directory: Path) -> None:
    done = fadc("check", "--fix", "--output-format", "concise")
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert [line.split(": ")[1][:6] for line in lines] == ["FAD207", "FAD207"]
    assert done.stderr == b"fadc: fixed 2, found 2 errors in 4 files\n"
    assert (directory / "both.py").read_text() == HOPELESS
    assert (directory / "hopeless.py").read_text() == HOPELESS
    assert fadc("check", "both.py", "--fix", "--exit-zero", "-q").stderr == b""


def test_a_difference_is_shown_and_nothing_written(directory: Path) -> None:
    done = fadc("check", "--diff")
    assert done.returncode == 1
    assert done.stdout.startswith(b"--- both.py\n+++ both.py\n@@ ")
    assert b"\n--- wrong.py\n" in done.stdout
    assert (
        b"\n+    losses = fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x)\n" in done.stdout
    )
    assert done.stderr == b"fadc: would fix 2 in 2 files\n"
    assert (directory / "wrong.py").read_text() == WRONG
    assert fadc("check", "wrong.py", "--diff", "--exit-zero").returncode == 0
    assert fadc("check", "wrong.py", "--fix", "--diff").returncode == 1
    assert (directory / "wrong.py").read_text() == WRONG


@pytest.mark.parametrize("name", ["clean.py", "hopeless.py"])
def test_no_difference(name: str) -> None:
    done = fadc("check", name, "--diff")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"fadc: would fix 0 in 0 files\n"


def test_standard_input_comes_back_mended() -> None:
    done = fadc("check", "-", "--fix", "--output-format", "concise", stdin=BOTH.encode())
    assert (done.returncode, done.stdout.decode()) == (1, HOPELESS)
    found, summary = done.stderr.splitlines()
    assert found.startswith(b"-:11:") and b"FAD207" in found
    assert summary == b"fadc: fixed 1, found 1 error in 1 file"
    clean = fadc("check", "-", "--fix", stdin=CLEAN.encode())
    assert (clean.returncode, clean.stdout.decode()) == (0, CLEAN)
    diff = fadc("check", "-", "--diff", "--stdin-filename", "a.py", stdin=WRONG.encode())
    assert diff.returncode == 1 and diff.stdout.startswith(b"--- a.py\n")


def test_standard_input_that_does_not_parse_comes_back_as_it_is() -> None:
    done = fadc("check", "-", "--fix", stdin=b"import fadc\ndef f(:\n")
    assert (done.returncode, done.stdout) == (1, b"import fadc\ndef f(:\n")
    assert b"FAD100" in done.stderr


def test_what_is_not_selected_is_not_mended(directory: Path) -> None:
    assert fadc("check", "wrong.py", "--fix", "--ignore", "FAD202").returncode == 0
    assert fadc("check", "wrong.py", "--fix", "--select", "FAD1").returncode == 0
    assert (directory / "wrong.py").read_text() == WRONG
    (directory / "pyproject.toml").write_text('[tool.fadc]\nignore = ["FAD202"]\n')
    assert fadc("check", "wrong.py", "--fix").returncode == 0
    assert (directory / "wrong.py").read_text() == WRONG


def test_line_ends_encoding_and_mark_are_kept(directory: Path) -> None:
    latin = "# coding: latin-1\nNAME = 'Hélène'\n"
    cases = {
        "windows.py": (WRONG.replace("\n", "\r\n"), MENDED.replace("\n", "\r\n"), "utf-8"),
        "mac.py": (WRONG.replace("\n", "\r"), MENDED.replace("\n", "\r"), "utf-8"),
        "marked.py": (WRONG, MENDED, "utf-8-sig"),
        "latin.py": (latin + WRONG, latin + MENDED, "latin-1"),
        "mixed.py": ("X = 1\r\n\f\n" + WRONG + "\r\n", "X = 1\r\n\f\n" + MENDED + "\r\n", "utf-8"),
    }
    for name, (before, _, encoding) in cases.items():
        (directory / name).write_bytes(before.encode(encoding))
    done = fadc("check", "--fix", *cases)
    assert done.returncode == 0, done.stdout
    for name, (_, after, encoding) in cases.items():
        assert (directory / name).read_bytes() == after.encode(encoding), name


def test_a_difference_in_another_encoding_is_readable(directory: Path) -> None:
    text = "# coding: latin-1\n" + WRONG.replace("losses = ", "# Hélène\n    losses = ")
    (directory / "latin.py").write_bytes(text.encode("latin-1"))
    done = fadc("check", "latin.py", "--diff", PYTHONIOENCODING="utf-8")
    assert "     # Hélène\n".encode() in done.stdout


def test_a_file_that_cannot_be_written_stops_no_other(directory: Path) -> None:
    contents = {"missing/wrong.py": b"", "wrong.py": MENDED.encode()}
    report = Report("full", False, True, Color.never)
    _, failures = report.written(Mended(contents, Checked([], {}, [], False), 2))
    assert failures == ["cannot write missing/wrong.py: it does not exist"]
    assert (directory / "wrong.py").read_text() == MENDED


def test_json_has_the_fix() -> None:
    (found,) = json.loads(fadc("check", "wrong.py", "--output-format", "json").stdout)
    assert found["fix"]["message"] == "broadcast `w`"
    contents = [edit["content"] for edit in found["fix"]["edits"]]
    assert contents == ["fed.broadcast(", ")"]
