"""The time of `fadc check` compared with pyflakes and Fixit on the same files, as whole processes.

    pip install -e '.[benchmark]'
    python benchmarks/check_speed.py

The inputs are one small federated file, a tree of 100 files of which 3 are federated (the others
are modules of Python's standard library and of JAX with about as many lines), and a tree of 100
federated files. The tools take turns; Fixit runs once. Figures are the best of several runs, so
that other work on the machine does not count. The table also has an empty command line: fadc's own
typer app, with all its commands and options, whose commands do nothing. A ratio is the time of the
check beyond that one's, divided by pyflakes'. Exits with 1 if a limit is exceeded.
"""

import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from transform_speed import lines

ROOT = Path(__file__).parent.parent
FILES, LINES = 100, 380
RUNS = 7
LIMITS = {"one small file": 2.0, "3 of 100 federated": 1.0, "100 of 100 federated": 2.0}
EMPTY_APP = """\
import gc
from functools import wraps

gc.set_threshold(100_000)  # As fadc has it from its first import on.

from fadc import cli
from fadc.__main__ import run


def idle(command):
    return wraps(command)(lambda **given: None)


for each in cli.app.registered_commands:
    each.callback = idle(each.callback)
run()
"""
FADC = ("-m", "fadc", "check", "--quiet")
EMPTY = ("-c", EMPTY_APP, "check", "--quiet")
PYFLAKES = ("-m", "pyflakes")
FIXIT = ("-m", "fixit", "--quiet", "lint")


def main() -> int:
    """Prints the table; returns 1 if a limit is exceeded."""
    with tempfile.TemporaryDirectory() as directory:
        targets = _targets(Path(directory))
        print(
            f"{'':<22}{'lines':>7}  {'tool':<9}{'best ms':>9}{'median ms':>11}{'ratio':>8}{'limit':>7}"
        )
        met = [_compare(name, target, Path(directory)) for name, target in targets.items()]
    return int(not all(met))


def _targets(directory: Path) -> dict[str, Path]:
    """Writes the trees; returns the paths for each measurement."""
    small, few, all_ = (directory / name for name in ("small", "few", "all"))
    for tree in (small, few, all_):
        tree.mkdir()
    shutil.copy(ROOT / "samples" / "fedavg.py", small)
    for number in range(FILES):
        # Computations of 10 to 100 statements, as programs have them.
        text = lines(LINES, 10 * (1 + number % 10))
        (all_ / f"federated_{number:02}.py").write_text(text, encoding="utf-8")
    for number in (0, 4, 9):
        shutil.copy(all_ / f"federated_{number:02}.py", few)
    for number, source in enumerate(_plain_files(FILES - 3)):
        shutil.copy(source, few / f"plain_{number:02}.py")
    return dict(zip(LIMITS, (small / "fedavg.py", few, all_), strict=True))


def _plain_files(count: int) -> list[Path]:
    """Installed modules whose number of lines is the closest to LINES."""
    sizes = {path: path.read_bytes().count(b"\n") for path in _installed()}
    by_distance = sorted(sizes, key=lambda path: (abs(sizes[path] - LINES), path.name, str(path)))
    return sorted(by_distance[:count])


def _installed() -> Iterator[Path]:
    yield from Path(sysconfig.get_path("stdlib")).glob("*.py")
    found = importlib.util.find_spec("jax")
    assert found is not None and found.origin is not None
    yield from Path(found.origin).parent.glob("_src/**/*.py")


def _compare(name: str, target: Path, directory: Path) -> bool:
    """Prints the rows of one measurement; returns whether its limit is met."""
    files = sorted(target.glob("*.py")) if target.is_dir() else [target]
    count = sum(path.read_bytes().count(b"\n") for path in files)
    tools = (FADC, EMPTY, PYFLAKES)
    for tool in tools:
        _seconds(tool, target, directory)  # The first run writes bytecode.
    rounds = [[_seconds(tool, target, directory) for tool in tools] for _ in range(RUNS)]
    ours, empty, theirs = zip(*rounds, strict=True)
    ratio, limit = (min(ours) - min(empty)) / min(theirs), LIMITS[name]
    _print(f"{name:<22}{count:>7}", "fadc", ours, f"{ratio:>8.2f}{limit:>7.0f}")
    _print(f"{'':<29}", "empty app", empty)
    _print(f"{'':<29}", "pyflakes", theirs)
    _print(f"{'':<29}", "fixit", (_seconds(FIXIT, target, directory),))
    return ratio <= limit


def _seconds(tool: tuple[str, ...], target: Path, directory: Path) -> float:
    """The time of one process. fadc must find nothing; the others may find something."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # All tools as they are when installed: with bytecode, here in a place of its own.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(directory / "bytecode")
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *tool, str(target)],
        env=environment,
        cwd=directory,
        capture_output=True,
        check=False,
    )
    elapsed = time.perf_counter() - start
    assert done.returncode <= (tool not in (FADC, EMPTY)), done.stdout + done.stderr
    return elapsed


def _print(heading: str, tool: str, seconds: tuple[float, ...], rest: str = "") -> None:
    best, median = 1e3 * min(seconds), 1e3 * statistics.median(seconds)
    print(f"{heading}  {tool:<9}{best:>9.0f}{median:>11.0f}{rest}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
