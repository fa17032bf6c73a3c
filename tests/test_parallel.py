"""Files are checked in several processes without anybody noticing but for the time."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fadc import checking, parallel
from fadc.configuration import Configuration
from fadc.errors import UsageError
from fadc.parallel import WORTHWHILE, mapped

HERE = os.getpid()
MANY = WORTHWHILE


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)


def _where(item: int) -> tuple[int, int]:
    return item, os.getpid()


def _die_elsewhere(item: int) -> int:
    if os.getpid() != HERE:
        os._exit(1)
    return item


def _refuse(item: int) -> int:
    if item % 2:
        raise UsageError(f"no {item}")
    return item


def test_much_work_is_done_elsewhere_and_comes_back_in_order() -> None:
    done = mapped(_where, range(50), MANY)
    assert [item for item, _ in done] == list(range(50))
    assert HERE not in {process for _, process in done}


@pytest.mark.parametrize(("count", "characters"), [(50, MANY - 1), (1, MANY), (0, MANY)])
def test_little_work_is_done_here(count: int, characters: int) -> None:
    done = mapped(_where, range(count), characters)
    assert done == [(item, HERE) for item in range(count)]


def test_processes_that_die_are_made_up_for() -> None:
    assert mapped(_die_elsewhere, range(10), MANY) == list(range(10))


@pytest.mark.parametrize("error", [OSError, NotImplementedError, ImportError])
def test_where_no_processes_are_to_be_had(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", refuse)
    assert mapped(_where, range(10), MANY) == [(item, HERE) for item in range(10)]


def test_the_first_failure_in_order_is_raised() -> None:
    with pytest.raises(UsageError, match="^no 1$"):
        mapped(_refuse, range(10), MANY)


def test_what_is_found_does_not_depend_on_the_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        text = f"import fadc as fed\n\n\n@fed.computation\ndef f{number}(x):\n    return x\n"
        (tmp_path / f"{number}.py").write_text("x = 1\n" if number % 3 else text, encoding="utf-8")
    files, _ = checking.read_files(str(path) for path in sorted(tmp_path.iterdir()))
    serial = checking.check_files(files, Configuration())
    monkeypatch.setattr(parallel, "WORTHWHILE", 0)
    assert checking.check_files(files, Configuration()) == serial
    assert len(serial.diagnostics) == 8 and serial.failed


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked for in /proc")
def test_an_interrupt_is_silent_and_quick(tmp_path: Path) -> None:
    program = Path(__file__).parent.parent.joinpath("samples", "fedavg_mlp.py").read_text("utf-8")
    for number in range(20):
        text = "\n".join(program.replace("fedavg_round", f"round_{n}") for n in range(100))
        (tmp_path / f"{number}.py").write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "fadc", "check", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(children.read_text(encoding="utf-8").split()) < 2:
        time.sleep(0.01)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")
