"""Examines many random programs: `python -m tests.rebinding --programs 10000 --seed 0 --jobs 2`.

Prints how far it is, each new kind of failure as a small program, and at the end all kinds with their
numbers. The exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import collections
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
FAST_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("XLA_FLAGS", FAST_TO_COMPILE)

from .features import FEATURES, without
from .reports import report, write
from .running import Outcome, Task, run_all
from .shrinking import Failing


def main(arguments: list[str] | None = None) -> int:
    """Runs the programs that the command line asks for."""
    options = _parser().parse_args(arguments)
    task = Task(
        range(options.seed, options.seed + options.programs),
        without(options.without.split(",") if options.without else ()),
        options.derivations,
        options.refusals,
        options.shrink,
    )
    return 1 if _follow(task, options.jobs, options.out) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rebinding", description=__doc__)
    parser.add_argument("--programs", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--derivations", type=int, default=1, help="of each program (default: 1)")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for each new failure")
    parser.add_argument("--refusals", action="store_true", help="report what check refuses, too")
    parser.add_argument("--out", type=Path, help="a folder for the failures")
    parser.add_argument(
        "--without", default="", metavar="FEATURES", help=f"any of {', '.join(FEATURES)}"
    )
    return parser


def _follow(task: Task, jobs: int, out: Path | None) -> int:
    """Prints what happens while it happens; returns the number of failures."""
    start, counts = time.monotonic(), collections.Counter[str]()
    kinds: dict[str, list[int]] = {}
    for outcome in run_all(task, jobs):
        counts += outcome.counts
        for seed, failing in outcome.failures:
            seeds = kinds.setdefault(failing.failure.kind, [])
            seeds.append(seed)
            if len(seeds) == 1:
                _tell(len(kinds), seed, failing, out)
        _progress(task, counts, outcome, time.monotonic() - start)
    for kind, seeds in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        print(f"{len(seeds):6d}  {kind}, seeds {', '.join(map(str, seeds[:5]))}")
    return sum(map(len, kinds.values()))


def _tell(number: int, seed: int, failing: Failing, out: Path | None) -> None:
    print(f"\n{report(seed, failing)}", flush=True)
    if out is not None:
        print(write(out, number, seed, failing), flush=True)


def _progress(
    task: Task, counts: collections.Counter[str], outcome: Outcome, passed: float
) -> None:
    done = counts["programs"] + counts["no program"]
    told = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    print(f"{done}/{len(task.seeds)} after {passed:.0f} s: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
