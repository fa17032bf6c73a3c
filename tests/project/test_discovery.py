"""Which files a directory stands for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fadc.errors import UsageError
from fadc.project.discovery import discover


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.py",
        "a.py",
        "notes.txt",
        "package/c.py",
        "stub.pyi",
        "notebook.ipynb",
        ".github/d.py",
        "__pycache__/e.py",
        ".venv/lib/site.py",
        "src/node_modules/tool.py",
        "src/build/h.py",
        "env/pyvenv.cfg",
        "env/lib/f.py",
        "ignored/g.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("ignored/\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SOURCES = [".github/d.py", "a.py", "b.py", "package/c.py", "src/build/h.py"]


def _git(directory: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    command = ["git", "-C", str(directory), *who, *(arguments or ("init", "--quiet"))]
    subprocess.run(command, check=True, capture_output=True)


def test_a_directory_outside_git(tree: Path) -> None:
    assert discover(["."]) == sorted([*SOURCES, "ignored/g.py"])


def test_a_directory_in_git_without_what_it_ignores(tree: Path) -> None:
    _git(tree)
    assert discover(["."]) == SOURCES


def test_ruff_finds_the_same(tree: Path) -> None:
    """But for stubs, notebooks, caches and an environment that only its `pyvenv.cfg` shows."""
    _git(tree)
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, "check", "--show-files", "."], capture_output=True, text=True, check=True
    )
    theirs = {os.path.relpath(line) for line in done.stdout.splitlines() if line}
    others = {"stub.pyi", "notebook.ipynb", "__pycache__/e.py", "env/lib/f.py"}
    assert theirs - others == set(discover(["."]))


def test_a_tracked_file_that_is_gone_is_not_there(tree: Path) -> None:
    _git(tree)
    subprocess.run(["git", "add", "a.py"], check=True)
    (tree / "a.py").unlink()
    assert discover(["."]) == [name for name in SOURCES if name != "a.py"]


def test_an_ignored_directory_that_is_named(tree: Path) -> None:
    _git(tree)
    assert discover(["ignored"]) == ["ignored/g.py"]


def test_named_files_come_as_they_are_and_once(tree: Path) -> None:
    assert discover(["notes.txt", "b.py", "./package", "b.py"]) == [
        "notes.txt",
        "b.py",
        os.path.join("package", "c.py"),
    ]


def test_a_file_named_in_two_ways_comes_once(tree: Path) -> None:
    assert discover(["./a.py", "a.py", str(tree / "a.py"), "package", "."])[:2] == [
        "./a.py",
        os.path.join("package", "c.py"),
    ]
    assert len(discover(["a.py", "."])) == len(discover(["."]))


def test_what_is_excluded_comes_if_it_is_named(tree: Path) -> None:
    _git(tree)
    assert discover([".venv", "env/lib/f.py", "__pycache__/e.py"]) == [
        os.path.join(".venv", "lib", "site.py"),
        "env/lib/f.py",
        "__pycache__/e.py",
    ]


def test_repositories_inside_the_repository(tree: Path) -> None:
    """Of a submodule, git itself lists no file; each ignores what it says itself."""
    (tree / "inner").mkdir()
    _git(tree / "inner")
    (tree / "inner" / "i.py").touch()
    (tree / "inner" / "made.py").touch()
    (tree / "inner" / ".gitignore").write_text("made.py\n", encoding="utf-8")
    _git(tree / "inner", "add", ".")
    _git(tree / "inner", "commit", "-m", "inner")
    _git(tree)
    assert discover(["."]) == sorted([*SOURCES, "inner/i.py"])
    _git(tree, "submodule", "add", "./inner", "module")
    assert "module/i.py" in discover(["."])
    _git(tree, "submodule", "deinit", "--force", "module")
    assert discover(["."]) == sorted([*SOURCES, "inner/i.py"])
    assert discover(["module"]) == []


def test_a_tracked_file_is_read_even_where_such_files_are_ignored(tree: Path) -> None:
    _git(tree)
    _git(tree, "add", "--force", "ignored/g.py")
    assert "ignored/g.py" in discover(["."])


def test_links_are_not_followed_into_directories(tree: Path) -> None:
    (tree / "round").symlink_to(".")
    (tree / "package" / "up").symlink_to("..")
    (tree / "broken.py").symlink_to("nowhere.py")
    (tree / "linked.py").symlink_to("a.py")
    expected = sorted([*SOURCES, "linked.py"])
    assert discover(["."]) == sorted([*expected, "ignored/g.py"])
    _git(tree)
    assert discover(["."]) == expected
    assert discover(["round/package"]) == [os.path.join("round", "package", "c.py")]


def test_odd_names(tree: Path) -> None:
    names = [b"line\nbreak.py", b"\xff\xfe.py", b"a b\tc.py", "模型.py".encode()]
    for name in names:
        Path(os.fsdecode(name)).touch()
    expected = sorted([*SOURCES, *map(os.fsdecode, names)])
    assert discover(["."]) == sorted([*expected, "ignored/g.py"])
    _git(tree)
    assert discover(["."]) == expected


def test_a_git_hook_may_check_another_directory(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _git(tree)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git" / "other"))
    (tree / "package" / ".gitignore").write_text("c.py\n", encoding="utf-8")
    assert discover(["package"]) == []


def test_a_missing_path(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read nowhere\.py: it does not exist"):
        discover(["nowhere.py"])


def test_without_git(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _git(tree)
    monkeypatch.setenv("PATH", "")
    assert "ignored/g.py" in discover(["."])
