"""The typer app: help, completion and suggestions, each in a process as a user starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fadc.cli import app

COMMANDS = [each.callback.__name__ for each in app.registered_commands if each.callback]

# Runs a command, then says on standard error what it has imported.
RUN = """\
import json, sys
from fadc.cli import main
status = main()
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


def _run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def _told(*words: str) -> str:
    """What a wrong request says."""
    done = _run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


# Help ---------------------------------------------------------------------------------------------


def test_there_is_a_file_for_every_command() -> None:
    files = Path(__file__).parent.parent.parent.joinpath("fadc", "commands").glob("*.py")
    assert COMMANDS and set(COMMANDS) <= {file.stem for file in files}


@pytest.mark.parametrize("words", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_imports_no_command_s_work(words: list[str]) -> None:
    done = _run(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(" ".join(["Usage: fadc", *words[:-1], "[OPTIONS]"]))
    imported = json.loads(done.stderr.splitlines()[-1])
    work = ("jax", "numpy", "libcst", "fadc.project.checks", "fadc.diagnostics", "fadc.pipeline")
    assert not [name for name in imported if name.startswith(work)]


def test_help_is_the_same_text_everywhere() -> None:
    plain = _run("transform", "--help").stdout
    environment = {"FORCE_COLOR": "1", "COLUMNS": "200", "PYTHONIOENCODING": "ascii"}
    assert plain == _run("transform", "--help", **environment).stdout
    assert plain.isascii() and max(map(len, plain.splitlines())) <= 80


def test_the_options_of_a_derivative_are_those_of_three_commands() -> None:
    """In the same words, although each is written once."""
    helps = [_run(command, "--help").stdout for command in ("transform", "audit", "verify")]
    shown = [text[text.index("  --of NAME") : text.index("  --self-contained")] for text in helps]
    assert shown[0].count("\n  --") == 9 and shown[0] == shown[1] == shown[2]


# Completion ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("fadc tr", ["transform"]),
        ("fadc check --st", ["--strict", "--statistics", "--stdin-filename"]),
        ("fadc transform --mode r", ["reverse"]),
        ("fadc explain FAD20", None),
        ("fadc check --select FAD20", None),
    ],
)
def test_the_shell_completes(words: str, completed: list[str] | None) -> None:
    position = str(len(words.split()) - 1)
    shell = {"_FADC_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}
    done = _run(**shell)
    found = done.stdout.split()
    if completed is None:
        assert len(found) > 3 and all(code.startswith("FAD20") for code in found)
    else:
        assert found == completed
    assert not {"jax", "libcst"} & set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_is_shown(shell: str) -> None:
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = _run("--show-completion", shell, **named)
    assert done.returncode == 0
    assert "_FADC_COMPLETE=complete_" + shell in done.stdout


def test_the_completion_is_installed(tmp_path: Path) -> None:
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    done = _run("--install-completion", "bash", **named)
    assert done.returncode == 0 and "bash completion installed in" in done.stdout
    assert "_FADC_COMPLETE=complete_bash" in (
        tmp_path.joinpath(".bash_completions", "fadc.sh").read_text(encoding="utf-8")
    )


# Suggestions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "wrong", "meant"),
    [
        ("chek", "chek", "check"),
        ("check --strct", "--strct", "--strict"),
        ("transform x.py --wtr w", "--wtr", "--wrt"),
        ("verify x.py --self-containd", "--self-containd", "--self-contained"),
    ],
)
def test_what_was_meant_is_suggested(words: str, wrong: str, meant: str) -> None:
    error = _told(*words.split()).partition("Error: ")[2]
    assert wrong in error and meant in error.replace(wrong, "")


def test_a_value_that_there_is_not_shows_those_that_there_are() -> None:
    error = _told("transform", "x.py", "--mode", "revers").partition("Error: ")[2]
    assert all(mode in error for mode in ("forward", "reverse", "mixed"))
