"""The command line: what each wrong request says, and with which exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fadc import cli, pipeline

CLEAN = """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def total_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x)
    return fed.sum(losses)
"""
WRONG = CLEAN.replace("fed.broadcast(w), x)", "w, x)")
BROKEN = "import fadc\ndef f(:\n"
REVERSE = ("--mode", "reverse", "--wrt", "w")
MIXED = ("--mode", "mixed", "--wrt", "w")
_HOW = "`STAGE=jacobian`, `STAGE=pullback` and `STAGE=pushforward`"
_REVERSE = "an option of --mode reverse and mixed"
_SIZE = "--dim takes `NAME=N` with a whole number N of at most 18 digits, not `{}`"


def fadc(
    *arguments: str, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs the command as a user does, but without their colours."""
    kept = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    return subprocess.run(
        [sys.executable, "-m", "fadc", *arguments],
        input=b"" if stdin is None else stdin,
        capture_output=True,
        env={**kept, **environment},
        check=False,
        timeout=120,
    )


def _error(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line of an error; there is nothing else."""
    assert done.returncode == 2
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("fadc: error: ")
    return line.removeprefix("fadc: error: ")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a directory of its own with a few programs in it."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"clean.py": CLEAN, "wrong.py": WRONG, "broken.py": BROKEN}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\0\1\2")
    (tmp_path / "undecodable.py").write_bytes(b"x = '\xff\xfe'\n")
    (tmp_path / "package").mkdir()
    return tmp_path


# Requests that are wrong: one line, exit status 2 ------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "nowhere.py"], "cannot read nowhere.py: it does not exist"),
        (["check", "-", "clean.py"], "standard input (`-`) cannot be checked together with files"),
        (["check", "clean.py", "--select", "E501"], "no code begins with `E501`"),
        (["transform", "nowhere.py", *REVERSE], "cannot read nowhere.py: it does not exist"),
        (["transform", "package", *REVERSE], "cannot read package: it is a directory"),
        (["transform", "binary.py", *REVERSE], "cannot read binary.py: it is a binary file"),
        (
            ["transform", "undecodable.py", *REVERSE],
            "cannot read undecodable.py: it is not text that Python can decode",
        ),
        (
            ["transform", "clean.py", *REVERSE, "-o", "clean.py"],
            "cannot write clean.py: it is the input",
        ),
        (
            ["transform", "clean.py", *REVERSE, "-o", "./package/../clean.py"],
            "cannot write ./package/../clean.py: it is the input",
        ),
        (
            ["transform", "clean.py", *REVERSE, "-o", "missing/out.py"],
            "cannot write missing/out.py: its directory does not exist",
        ),
        (
            ["transform", "clean.py", *REVERSE, "-o", "package"],
            "cannot write package: it is a directory",
        ),
        (
            ["transform", "clean.py", *REVERSE, "--check"],
            "--check and --diff compare with the file that -o names",
        ),
        (
            ["transform", "clean.py", *REVERSE, "--checkpoint", "4"],
            "--checkpoint takes `every=K` with a positive K, not `4`",
        ),
        *(
            ([command, "clean.py", "--mode", "forward", *option], f"{option[0]} is {_REVERSE}")
            for command in ("transform", "audit", "verify")
            for option in (
                ("--residuals", "store"),
                ("--residuals", "recompute"),
                ("--checkpoint", "every=2"),
            )
        ),
        *(
            ([*command, "clean.py", "--wrt", "w,w"], "--wrt names `w` twice")
            for command in (
                ["transform", "--mode", "reverse"],
                ["audit", "--mode", "forward"],
                ["cost"],
                ["verify"],
            )
        ),
        (["verify", "clean.py", "--cost", "up=1"], "--cost is an option of --mode mixed"),
        (["verify", "clean.py", "--dtype", "float64"], "--dtype is an option of --mode mixed"),
        (
            ["verify", "clean.py", "--result", "no"],
            "`total_loss` has no result `no`; it has out",
        ),
        (["verify", "clean.py", "--clients", "0"], "--clients takes positive numbers, not `0`"),
        (
            ["verify", "clean.py", "--clients", ","],
            "`,` lists nothing",
        ),
        (
            ["transform", "clean.py", *REVERSE, "--wrt", ","],
            "`,` lists nothing",
        ),
        (
            ["transform", "clean.py", *REVERSE, "--dim", "w=4"],
            "--dim is an option of --mode mixed",
        ),
        (["transform", "clean.py", *MIXED, "--dim", "w"], "--dim takes `NAME=VALUE`, not `w`"),
        (
            ["transform", "clean.py", *MIXED, "--dim", "w=" + "9" * 19],
            _SIZE.format("w=" + "9" * 19),
        ),
        (
            ["transform", "clean.py", *MIXED, "--cost", "up=nan"],
            "--cost takes `up=…`, `down=…` and `round=…`, none negative, not `up=nan`",
        ),
        (
            ["transform", "clean.py", *MIXED, "--accumulate", "7=jacobian"],
            "there is no stage `7`: stage 1 (`losses`, line 10)",
        ),
        (
            ["audit", "clean.py", *MIXED, "--accumulate", "all=guess"],
            f"--accumulate takes {_HOW}, not `all=guess`",
        ),
        (["audit", "clean.py"], "give the derivative's --mode, or a certificate to --verify"),
        (
            ["audit", "clean.py", "--verify", "nowhere.json"],
            "cannot read nowhere.json: it does not exist",
        ),
        (["cost", "package"], "cannot read package: it is a directory"),
        (
            ["cost", "clean.py", "--dim", "lossess=4"],
            "there is no symbol `lossess`; the report has losses",
        ),
        (["cost", "clean.py", "--dim", "w=-1"], _SIZE.format("w=-1")),
        (
            ["cost", "clean.py", "--cost", "up=-3"],
            "--cost takes `up=…`, `down=…` and `round=…`, none negative, not `up=-3`",
        ),
        (
            ["cost", "clean.py", "--accumulate", "7=jacobian"],
            "there is no stage `7`: stage 1 (`losses`, line 10)",
        ),
        (["cost", "clean.py", "--dim", "w=" + "9" * 5000], _SIZE.format("w=" + "9" * 5000)),
        (["explain", "FAD999"], "unknown code `FAD999`; `fadc explain --all` lists them"),
        (["explain"], "give either a code or --all"),
        (["explain", "FAD101", "--all"], "give either a code or --all"),
    ],
)
def test_a_wrong_request_is_told_in_one_line(
    arguments: list[str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In this process: so many new ones would take long."""
    monkeypatch.setattr(sys, "argv", ["fadc", *arguments])
    status = cli.main()
    out, err = capsys.readouterr()
    done = subprocess.CompletedProcess(arguments, status, out.encode(), err.encode())
    assert _error(done) == complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["check", "--nonsense"],
        ["check", "--strict=1"],
        ["check", "--select"],
        ["verify", "clean.py", "--seed", "few"],
        ["transform", "--mode", "reverse"],
        ["check", "--output-format", "xml"],
        ["transform", "clean.py"],
        ["transform", "clean.py", "--mode", "sideways"],
        ["transform", "clean.py", *REVERSE, "--residuals", "forget"],
        ["transform"],
        ["check", "--stri"],
    ],
)
def test_words_that_are_no_command_or_option(arguments: list[str]) -> None:
    done = fadc(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"\nError: " in b"\n" + done.stderr and b"Traceback" not in done.stderr


def test_without_a_command_the_help_is_shown_as_an_error() -> None:
    done = fadc()
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == fadc("--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--of", "nothing", "--wrt", "w"), ("--wrt", "nothing"), ("--wrt", "w", "--result", "no")],
)
def test_an_unknown_name_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    assert _error(fadc("transform", "clean.py", "--mode", "reverse", *arguments))


def test_no_computation_in_the_file(directory: Path) -> None:
    (directory / "plain.py").write_text("x = 1\n", encoding="utf-8")
    assert _error(fadc("transform", "plain.py", *REVERSE))


def test_an_unknown_pass() -> None:
    assert _error(fadc("transform", "clean.py", *REVERSE, "--dump-after", "nothing"))


def test_a_wrong_configuration(directory: Path) -> None:
    (directory / "pyproject.toml").write_text("[tool.fadc]\nselekt = []\n", encoding="utf-8")
    told = _error(fadc("check", "clean.py"))
    assert told.endswith("unknown key `selekt` in [tool.fadc]; did you mean `select`?")


# check --------------------------------------------------------------------------------------------


def test_a_clean_file() -> None:
    done = fadc("check", "clean.py")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"fadc: found nothing to report in 1 file\n"


def test_a_wrong_file_in_the_default_format() -> None:
    done = fadc("check", "wrong.py")
    assert done.returncode == 1
    assert done.stdout.startswith(b"error[FAD202]: ")
    assert b"\x1b" not in done.stdout
    assert done.stderr == b"fadc: found 1 error in 1 file; 1 fixable with --fix [*]\n"


def test_concise_and_quiet() -> None:
    done = fadc("check", "wrong.py", "--output-format", "concise", "-q")
    assert done.stdout.startswith(b"wrong.py:10:")
    assert b": FAD202 " in done.stdout
    assert done.stderr == b""


def test_a_directory_with_a_syntax_error_and_unreadable_files() -> None:
    done = fadc("check", "--output-format", "concise")
    assert done.returncode == 2
    assert [line.split(b":")[0] for line in done.stdout.splitlines()] == [b"broken.py", b"wrong.py"]
    assert b"fadc: error: cannot read binary.py" in done.stderr
    assert b"fadc: error: cannot read undecodable.py" in done.stderr


def test_a_syntax_error() -> None:
    done = fadc("check", "broken.py", "--select", "FAD2", "--output-format", "concise")
    assert done.returncode == 1
    assert b"FAD100" in done.stdout


def test_a_name_that_python_reads_as_fadc(directory: Path) -> None:
    (directory / "hidden.py").write_text(WRONG.replace("fadc", "ｆａｄｃ"), encoding="utf-8")
    assert b"FAD202" in fadc("check", "hidden.py").stdout


def test_standard_input() -> None:
    arguments = ("check", "-", "--output-format", "concise", "--stdin-filename", "src/p.py")
    done = fadc(*arguments, stdin=WRONG.encode())
    assert done.returncode == 1
    assert done.stdout.startswith(b"src/p.py:10:")


def test_exit_zero_select_ignore_and_statistics() -> None:
    assert fadc("check", "wrong.py", "--exit-zero").returncode == 0
    assert fadc("check", "wrong.py", "--select", "FAD1,FAD3").returncode == 0
    assert fadc("check", "wrong.py", "--ignore", "FAD202").returncode == 0
    done = fadc("check", "wrong.py", "--statistics")
    assert done.stdout == b"1\tFAD202\tunbroadcast-argument\n"


def test_warnings_fail_only_a_strict_run(directory: Path) -> None:
    (directory / "noted.py").write_text(CLEAN + "# fadc: ignore\n", encoding="utf-8")
    assert fadc("check", "noted.py").returncode == 0
    assert fadc("check", "noted.py", "--strict").returncode == 1
    (directory / "pyproject.toml").write_text("[tool.fadc]\nstrict = true\n", encoding="utf-8")
    assert fadc("check", "noted.py").returncode == 1


def test_settings_of_the_project(directory: Path) -> None:
    table = '[tool.fadc]\noutput-format = "concise"\nignore = ["FAD202"]\n'
    (directory / "pyproject.toml").write_text(table, encoding="utf-8")
    assert fadc("check", "wrong.py").returncode == 0
    assert fadc("check", "wrong.py", "--ignore", "FAD1").stdout.startswith(b"wrong.py:10:")


def test_colour_is_asked_for_or_not() -> None:
    assert b"\x1b[" in fadc("check", "wrong.py", "--color", "always").stdout
    assert b"\x1b[" in fadc("check", "wrong.py", FORCE_COLOR="1").stdout
    assert b"\x1b[" not in fadc("check", "wrong.py", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert b"\x1b[" not in fadc("check", "wrong.py", "--color", "never", FORCE_COLOR="1").stdout


# transform ----------------------------------------------------------------------------------------


def test_the_derivative_goes_to_standard_output_or_to_a_file(directory: Path) -> None:
    printed = fadc("transform", "clean.py", *REVERSE)
    assert printed.returncode == 0
    assert b"def total_loss_vjp(" in printed.stdout
    written = fadc("transform", "clean.py", *REVERSE, "-o", "out.py")
    assert (written.returncode, written.stdout) == (0, b"")
    assert (directory / "out.py").read_bytes() == printed.stdout
    assert not list(directory.glob("*.tmp"))


def test_standard_input_is_transformed() -> None:
    arguments = ("transform", "-", *REVERSE, "--stdin-filename", "clean.py")
    assert (
        fadc(*arguments, stdin=CLEAN.encode()).stdout
        == fadc("transform", "clean.py", *REVERSE).stdout
    )


@pytest.mark.parametrize("name", ["wrong.py", "broken.py"])
def test_an_erroneous_program_writes_nothing(directory: Path, name: str) -> None:
    done = fadc("transform", name, *REVERSE, "-o", "out.py")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error[FAD")
    assert not (directory / "out.py").exists()


def test_check_and_diff_compare_with_the_file_and_write_nothing(directory: Path) -> None:
    out = ("-o", "out.py")
    assert fadc("transform", "clean.py", *REVERSE, *out, "--check").returncode == 1
    assert not (directory / "out.py").exists()
    fadc("transform", "clean.py", *REVERSE, *out)
    assert fadc("transform", "clean.py", *REVERSE, *out, "--check", "--diff").returncode == 0
    edited = (directory / "out.py").read_bytes() + b"# edited\n"
    (directory / "out.py").write_bytes(edited)
    done = fadc("transform", "clean.py", *REVERSE, *out, "--diff")
    assert done.returncode == 1
    assert done.stdout.startswith(b"--- out.py\n+++ out.py\n")
    assert b"\n-# edited\n" in done.stdout
    assert (directory / "out.py").read_bytes() == edited


def test_line_ends_are_the_inputs(directory: Path) -> None:
    (directory / "windows.py").write_bytes(CLEAN.replace("\n", "\r\n").encode())
    done = fadc("transform", "windows.py", *REVERSE)
    unix = fadc("transform", "-", *REVERSE, "--stdin-filename", "windows.py", stdin=CLEAN.encode())
    assert done.stdout == unix.stdout.replace(b"\n", b"\r\n")


def test_encodings_are_read_as_python_reads_them(directory: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nNAME = 'Hélène'\n" + CLEAN
    (directory / "latin.py").write_bytes(text.encode("latin-1"))
    (directory / "marked.py").write_bytes(b"\xef\xbb\xbf" + CLEAN.encode())
    assert fadc("check", "latin.py", "marked.py").returncode == 0


def test_the_intermediate_representation_is_printed() -> None:
    done = fadc("transform", "clean.py", *REVERSE, "--dump-after", "simplify")
    assert done.returncode == 0
    assert b"broadcast" in done.stdout and b"import fadc" not in done.stdout


# explain and the rest -----------------------------------------------------------------------------


def test_explain() -> None:
    done = fadc("explain", "fad202")
    assert done.returncode == 0
    assert done.stdout.startswith(b"FAD202: unbroadcast-argument (error)\n")
    assert b"  --> example.py:" in done.stdout
    assert b"\n    -    updated = fed.map(client_update, w, x, y)\n    +    updated" in done.stdout


def test_explain_all_is_the_reference_page() -> None:
    done = fadc("explain", "--all", "--format", "markdown")
    assert done.stdout.startswith(b"# What fadc reports\n")
    assert done.stdout.count(b"\n## FAD") > 50


def test_a_closed_pipe_is_silent() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fadc", "explain", "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


def test_help_names_every_command_and_every_option() -> None:
    assert b"\n  transform  Write the derivative of " in fadc("--help").stdout
    done = fadc("check", "-h")
    assert done.returncode == 0
    assert b"--select CODES" in done.stdout and b"[default: auto]" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="redirects as a POSIX shell does it")
@pytest.mark.parametrize(
    ("redirect", "arguments", "status", "complaint"),
    [
        (">&-", ["check", "wrong.py", "-q"], 1, ""),
        (">&-", ["transform", "clean.py", *REVERSE], 0, ""),
        ("2>&-", ["check", "clean.py"], 0, ""),
        ("<&-", ["check", "-"], 2, "cannot read -: standard input is closed"),
    ],
)
def test_closed_streams(redirect: str, arguments: list[str], status: int, complaint: str) -> None:
    _redirected(redirect, arguments, status, complaint)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
@pytest.mark.parametrize(
    "arguments", [["check", "wrong.py"], ["transform", "clean.py", *REVERSE], ["check", "--help"]]
)
def test_a_full_disk(arguments: list[str]) -> None:
    complaint = "cannot go on: no space left on device"
    _redirected(">/dev/full", arguments, 2, complaint)


def _redirected(redirect: str, arguments: list[str], status: int, complaint: str) -> None:
    script = f'exec "$0" -m fadc "$@" {redirect}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert done.stderr == (f"fadc: error: {complaint}\n" if complaint else "")


def test_a_directory_without_programs(directory: Path) -> None:
    done = fadc("check", "package", "--output-format", "json")
    assert (done.returncode, done.stdout) == (0, b"[]\n")
    assert done.stderr == b"fadc: warning: there are no Python files to check\n"


def test_a_mistake_in_fadc_is_told_in_a_few_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it was raised, and that the program is not to blame; no traceback, and no status of a program's."""
    sample = Path(__file__).parents[1] / "samples" / "fedavg.py"
    monkeypatch.setattr(sys, "argv", ["fadc", "transform", str(sample), *REVERSE])
    monkeypatch.setattr(pipeline, "transform", lambda *_: {}["name of a value"])
    assert cli.main() == 2
    out, err = capsys.readouterr()
    first, what, where, advice = err.splitlines()
    assert out == ""
    assert first == "fadc: error: a mistake in fadc, not in your program"
    assert what == "  KeyError: 'name of a value'"
    assert where.startswith("  raised in fadc/commands/transform.py, line ")
    assert advice == "  Please report it, with the command and the program."


def test_the_version() -> None:
    assert fadc("--version").stdout.startswith(b"fadc ")


def test_verify_agrees_with_jax() -> None:
    for mode in ("forward", "reverse"):
        done = fadc("verify", "clean.py", "--mode", mode, "--wrt", "w", JAX_PLATFORMS="cpu")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(b"agrees") == 2


def test_verify_takes_the_options_of_transform() -> None:
    options = ("--residuals", "recompute", "--checkpoint", "every=2")
    done = fadc("verify", "clean.py", "--wrt", "w", *options, JAX_PLATFORMS="cpu")
    assert done.returncode == 0, done.stderr
    done = fadc("verify", "clean.py", "--checkpoint", "two")
    assert done.returncode == 2 and b"--checkpoint takes `every=K`" in done.stderr


def test_verify_takes_the_options_of_mixed_mode_and_a_result() -> None:
    options = ("--cost", "round=0", "--dim", "w=4", "--dtype", "float64", "--clients", "2")
    words = (*MIXED, *options, "--accumulate", "all=pushforward", "--result", "0")
    assert "has no result `0`" in _error(fadc("verify", "clean.py", *words, JAX_PLATFORMS="cpu"))
    done = fadc("verify", "clean.py", *words[:-2], JAX_PLATFORMS="cpu")
    assert (done.returncode, done.stdout.count(b"agrees")) == (0, 1), done.stderr


def test_verify_of_what_is_no_python(directory: Path) -> None:
    """A file that never mentions fadc is not parsed by a check."""
    (directory / "plain.py").write_text("def f(:\n", encoding="utf-8")
    told = _error(fadc("verify", "plain.py", JAX_PLATFORMS="cpu"))
    assert told.startswith("the program cannot be run: SyntaxError: invalid syntax")


def test_verify_says_which_inputs_it_cannot_make(directory: Path) -> None:
    text = CLEAN.replace('w: fed.Server[Float[Array, ""]]', "w: fed.Server")
    (directory / "bare.py").write_text(text, encoding="utf-8")
    assert "--inputs MODULE:FUNCTION" in _error(fadc("verify", "bare.py", JAX_PLATFORMS="cpu"))
    (directory / "given.py").write_text(
        "import jax.numpy as jnp\n\n\n"
        "def make(clients):\n    return {'w': jnp.ones(()), 'x': jnp.arange(1.0, clients + 1)}\n",
        encoding="utf-8",
    )
    done = fadc("verify", "bare.py", "--wrt", "w", "--inputs", "given:make", JAX_PLATFORMS="cpu")
    assert done.returncode == 0, done.stderr


# A project's upload mechanisms -------------------------------------------------------------------

SECURE = CLEAN.replace("\n\n@fed", '\nsecure = fed.aggregator("secure", like=fed.sum)\n\n\n@fed')
SECURE = SECURE.replace("return fed.sum(", "return secure(")
LEAKY = SECURE.replace("@fed.computation", "@fed.computation(transpose_broadcast=fed.sum)")


def _project(directory: Path, **programs: str) -> None:
    """Programs under a policy."""
    (directory / "pyproject.toml").write_text('[tool.fadc]\nmechanisms = ["secure"]\n')
    for name, text in programs.items():
        (directory / f"{name}.py").write_text(text)


def test_check_enforces_the_policy(directory: Path) -> None:
    _project(directory, secure=SECURE, leaky=LEAKY)
    done = fadc("check", "clean.py", "secure.py", "leaky.py", "--output-format", "concise")
    assert done.returncode == 1
    found = [line.split(b": ")[0:2] for line in done.stdout.splitlines()]
    assert [(place.split(b":")[0], rest.split()[0]) for place, rest in found] == [
        (b"clean.py", b"FAD305"),
        (b"leaky.py", b"FAD306"),
    ]
    assert b"not enforced" not in done.stderr


def test_transform_emits_nothing_that_violates_the_policy(directory: Path) -> None:
    _project(directory, secure=SECURE, leaky=LEAKY)
    assert fadc("transform", "secure.py", *REVERSE).returncode == 0
    assert fadc("transform", "leaky.py", "--mode", "forward").returncode == 0
    for name, code in (("leaky.py", b"FAD306"), ("clean.py", b"FAD305")):
        for command in ("transform", "audit"):
            done = fadc(command, name, *REVERSE, "-o", "out.py")
            assert done.returncode == 1
            assert code in done.stderr
            assert done.stdout == b""
            assert not (directory / "out.py").exists()


def test_check_and_transform_agree_on_what_a_comment_waives(directory: Path) -> None:
    """Of a program that cannot be read there is no derivative; what a policy says, a comment overrules."""
    text = WRONG.replace("w, x)\n", "w, x)  # fadc: ignore\n")
    assert text != WRONG
    (directory / "silenced.py").write_text(text)
    checked = fadc("check", "silenced.py")
    assert checked.returncode == 1
    assert b"no comment can waive FAD202" in checked.stdout
    done = fadc("transform", "silenced.py", *REVERSE)
    assert done.returncode == 1
    assert b"no comment can waive FAD202" in done.stderr
    waived = LEAKY.replace("fed.sum)\n", "fed.sum)  # fadc: ignore[FAD306]\n")
    _project(directory, waived=waived)
    assert fadc("check", "waived.py").returncode == 0
    assert fadc("transform", "waived.py", *REVERSE).returncode == 0
