"""Which files a directory stands for."""

import os
import subprocess
from pathlib import Path

import pytest

from fadc.discovery import discover
from fadc.errors import UsageError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.py",
        "a.py",
        "notes.txt",
        "package/c.py",
        ".hidden/d.py",
        "__pycache__/e.py",
        "env/pyvenv.cfg",
        "env/lib/f.py",
        "ignored/g.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("ignored/\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _git(directory: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(directory)], check=True)


def test_a_directory_outside_git(tree: Path) -> None:
    assert discover(["."]) == ["a.py", "b.py", "ignored/g.py", "package/c.py"]


def test_a_directory_in_git_without_what_it_ignores(tree: Path) -> None:
    _git(tree)
    assert discover(["."]) == ["a.py", "b.py", "package/c.py"]


def test_a_tracked_file_that_is_gone_is_not_there(tree: Path) -> None:
    _git(tree)
    subprocess.run(["git", "add", "a.py"], check=True)
    (tree / "a.py").unlink()
    assert discover(["."]) == ["b.py", "package/c.py"]


def test_an_ignored_directory_that_is_named(tree: Path) -> None:
    _git(tree)
    assert discover(["ignored"]) == ["ignored/g.py"]


def test_named_files_come_as_they_are_and_once(tree: Path) -> None:
    assert discover(["notes.txt", "b.py", "./package", "b.py"]) == [
        "notes.txt",
        "b.py",
        os.path.join("package", "c.py"),
    ]


def test_a_missing_path(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read nowhere\.py: it does not exist"):
        discover(["nowhere.py"])


def test_without_git(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _git(tree)
    monkeypatch.setenv("PATH", "")
    assert "ignored/g.py" in discover(["."])
