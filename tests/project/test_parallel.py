"""Files are checked in several processes without anybody noticing but for the time.

Each test has a process of its own: this one has imported JAX, whose threads do not survive a fork.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fadc.project.parallel import WORTHWHILE

PROGRAM = """
import concurrent.futures, json, os, sys
from fadc import cli
from fadc.project import parallel
from fadc.errors import UsageError

def where(item):
    return [item, os.environ["HERE"] == str(os.getpid())]

def die_elsewhere(item):
    if os.environ["HERE"] != str(os.getpid()):
        os._exit(1)
    return item

def refuse(item):
    if item % 2:
        raise UsageError(f"no {item}")
    return item

def no_pool(*_):
    raise OSError

if __name__ == "__main__":
    os.environ["HERE"] = str(os.getpid())
    setup, name, *arguments = sys.argv[1:]
    parallel._processors = lambda: 2
    exec(setup)
    if name == "check":
        sys.argv[1:] = [name, *arguments]
        sys.exit(cli.main())
    count, characters = map(int, arguments)
    print(json.dumps(parallel.mapped(globals()[name], range(count), characters)))
"""


def _run(
    directory: Path, *arguments: str | int, setup: str = ""
) -> subprocess.CompletedProcess[str]:
    (directory / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, str(directory / "program.py"), setup, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def _done(directory: Path, *arguments: str | int, setup: str = "") -> list[object]:
    done = _run(directory, *arguments, setup=setup)
    assert done.stderr == ""
    found: list[object] = json.loads(done.stdout)
    return found


def test_much_work_is_done_elsewhere_and_comes_back_in_order(tmp_path: Path) -> None:
    assert _done(tmp_path, "where", 50, WORTHWHILE) == [[item, False] for item in range(50)]


@pytest.mark.parametrize(("count", "size"), [(50, WORTHWHILE - 1), (1, WORTHWHILE), (0, 0)])
def test_little_work_is_done_here(tmp_path: Path, count: int, size: int) -> None:
    assert _done(tmp_path, "where", count, size) == [[item, True] for item in range(count)]


def test_processes_that_die_are_made_up_for(tmp_path: Path) -> None:
    assert _done(tmp_path, "die_elsewhere", 10, WORTHWHILE) == list(range(10))


def test_where_no_processes_are_to_be_had(tmp_path: Path) -> None:
    setup = "concurrent.futures.ProcessPoolExecutor = no_pool"
    found = _done(tmp_path, "where", 10, WORTHWHILE, setup=setup)
    assert found == [[item, True] for item in range(10)]


def test_the_first_failure_in_order_is_raised(tmp_path: Path) -> None:
    done = _run(tmp_path, "refuse", 10, WORTHWHILE)
    assert done.stderr.splitlines()[-1] == "fadc.errors.UsageError: no 1"


def test_what_is_found_does_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    for number in range(12):
        text = f"import fadc as fed\n\n\n@fed.computation\ndef f{number}(x):\n    return x\n"
        (tmp_path / f"{number}.py").write_text("x = 1\n" if number % 3 else text, encoding="utf-8")
    files = [str(tmp_path / f"{number}.py") for number in range(12)]
    serial = _run(tmp_path, "check", *files)
    parallel = _run(tmp_path, "check", *files, setup="parallel.WORTHWHILE = 0")
    assert (parallel.returncode, parallel.stdout, parallel.stderr) == (
        serial.returncode,
        serial.stdout,
        "fadc: found 8 errors in 12 files\n",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked for in /proc")
def test_an_interrupt_is_silent_and_quick(tmp_path: Path) -> None:
    program = (
        Path(__file__).parent.parent.parent.joinpath("samples", "fedavg_mlp.py").read_text("utf-8")
    )
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
