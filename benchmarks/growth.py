"""The growth of the time of fadc's commands with a program's size, in each of its dimensions.

    python benchmarks/growth.py
    python benchmarks/growth.py loops calls --command reverse --command audit --limit 60

Each dimension and command has a row: the seconds at three sizes, each twice the one before, and the
exponent over the last doubling: 1 is linear, 2 is quadratic. Where time doubles with each level,
the exponent grows without bound; the last column shows by which factor one more step in size
lengthens the time. A case that takes longer than the limit is given up, and so are larger sizes.
Start-up is not measured; everything runs in this process, on programs that are generated here.
"""

import argparse
import gc
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parent.parent))

from transform_speed import statements

from fadc import pipeline
from fadc.audit.audits import audit
from fadc.cost.cheapest import cheapest
from fadc.cost.compute import cost
from fadc.derive.request import Request
from fadc.reports.costs.plain import plain
from fadc.reports.costs.tables import cost_report

PATH = "program.py"

HEAD = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def client_step(w, x):
    return w * jnp.sin(x)


"""

PARAMETERS = """\
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 2,
"""

ROUND = "w = w - 0.1 * fed.mean(fed.map(client_step, fed.broadcast(w), x))"
LOSS = "fed.mean(fed.map(client_loss, fed.broadcast(w), x))"


def computation(name: str, body: list[str], result: str, more: str = "") -> str:
    """The text of a computation; ``more`` are further parameters."""
    lines = "".join(f"    {line}\n" for line in [*body, f"return {result}"])
    dims = "" if result == LOSS else "d"
    returned = f'fed.Server[Float[Array, "{dims}"]]'
    return f"@fed.computation\ndef {name}(\n{PARAMETERS}{more}) -> {returned}:\n{lines}\n\n"


def loops(depth: int) -> str:
    """Nested loops, with a round in the innermost."""
    nest = [f"{'    ' * level}for _ in range(rounds):" for level in range(depth)]
    return HEAD + computation("program", [*nest, "    " * depth + ROUND], LOSS)


def calls(depth: int) -> str:
    """Computations that call each other in a chain, with a round in each."""
    texts = [computation("level_0", [ROUND], "w")]
    texts += [
        computation(f"level_{k}", [ROUND, f"w = level_{k - 1}(w, x, rounds)"], "w")
        for k in range(1, depth)
    ]
    end = computation("program", [f"w = level_{depth - 1}(w, x, rounds)"], LOSS)
    return "".join([HEAD, *texts, end])


def calls_twice(depth: int) -> str:
    """Computations of which each calls the one before it twice."""
    texts = [computation("level_0", [ROUND], "w")]
    texts += [
        computation(f"level_{k}", [f"w = level_{k - 1}(w, x, rounds)"] * 2, "w")
        for k in range(1, depth)
    ]
    end = computation("program", [f"w = level_{depth - 1}(w, x, rounds)"], LOSS)
    return "".join([HEAD, *texts, end])


def calls_beside(count: int) -> str:
    """Many calls of one computation that calls another one twice."""
    inner = computation("level_0", [ROUND], "w")
    step = computation("level_1", ["w = level_0(w, x, rounds)"] * 2, "w")
    return HEAD + inner + step + computation("program", ["w = level_1(w, x, rounds)"] * count, LOSS)


def terms(count: int) -> str:
    """One expression of many aggregates."""
    total = " + ".join(["fed.sum(at_clients)"] * count)
    body = ["at_clients = fed.map(client_step, fed.broadcast(w), x)", f"w = {total}"]
    return HEAD + computation("program", body, LOSS)


def conditions(count: int) -> str:
    """One condition of many operands."""
    names = " and ".join(["flag"] * count)
    body = [f"if {names}:", f"    {ROUND}"]
    return HEAD + computation("program", body, LOSS, "    flag: bool = True,\n")


def sums(count: int) -> str:
    """One server expression of many operands."""
    body = [f"w = {' + '.join(['w'] * count)}", ROUND]
    return HEAD + computation("program", body, LOSS)


def rounds(count: int) -> str:
    """Consecutive rounds."""
    return HEAD + computation("program", [ROUND] * count, LOSS)


def branches(depth: int) -> str:
    """Nested branches, with a round in the innermost."""
    nest = [f"{'    ' * level}if flag_{level}:" for level in range(depth)]
    flags = "".join(f"    flag_{level}: bool = True,\n" for level in range(depth))
    return HEAD + computation("program", [*nest, "    " * depth + ROUND], LOSS, flags)


DIMENSIONS: dict[str, tuple[Callable[[int], str], tuple[int, ...]]] = {
    "statements": (statements, (750, 1500, 3000)),
    "calls": (calls, (20, 40, 80)),
    "calls_twice": (calls_twice, (10, 20, 40)),
    "calls_beside": (calls_beside, (50, 100, 200)),
    "loops": (loops, (4, 8, 16)),
    "branches": (branches, (4, 8, 16)),
    "terms": (terms, (75, 150, 300)),
    "sums": (sums, (75, 150, 300)),
    "conditions": (conditions, (75, 150, 300)),
    "rounds": (rounds, (50, 100, 200)),
}


def derive(source: str, mode: str, **options: object) -> None:
    request = Request(mode, of="program", wrt=("w",), **options)  # type: ignore[arg-type]
    done = pipeline.transform(source, PATH, request)
    assert done.text, done.diagnostics[:3]


def check(source: str) -> None:
    found = pipeline.check(source, PATH)
    assert not pipeline.has_errors(found), found[:3]


def cost_of(source: str) -> None:
    found, diagnostics = cost(source, PATH, Request("mixed", of="program", wrt=("w",)))
    assert found is not None, diagnostics[:3]
    plain(cost_report(found, cheapest(found)))


def audit_of(source: str) -> None:
    found, diagnostics = audit(source, PATH, Request("reverse", of="program", wrt=("w",)))
    assert found is not None, diagnostics[:3]


COMMANDS: dict[str, Callable[[str], None]] = {
    "check": check,
    "forward": lambda source: derive(source, "forward"),
    "reverse": lambda source: derive(source, "reverse"),
    "checkpoint": lambda source: derive(source, "reverse", checkpoint=2),
    "rebroadcast": lambda source: derive(source, "reverse", residuals="rebroadcast"),
    "mixed": lambda source: derive(source, "mixed"),
    "cost": cost_of,
    "audit": audit_of,
}


class TooLongError(Exception):
    """A case has taken longer than the limit."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupts the code inside after a number of seconds of processor time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def measured(run: Callable[[str], None], source: str, limit: float) -> float | None:
    """Processor seconds of one run; None if it was given up."""
    gc.collect()
    start = time.process_time()
    try:
        with at_most(limit):
            run(source)
    except TooLongError:
        return None
    return time.process_time() - start


def row(dimension: str, command: str, limit: float) -> str:
    """The seconds at each size, the exponent, and the factor of one more step."""
    make, sizes = DIMENSIONS[dimension]
    found: list[float | None] = []
    for size in sizes:
        given_up = bool(found) and found[-1] is None
        found.append(None if given_up else measured(COMMANDS[command], make(size), limit))
    shown = "".join(f"{'—' if s is None else f'{s:.2f}':>9}" for s in found)
    return (
        f"{dimension:<13}{'/'.join(map(str, sizes)):<15}{command:<12}{shown}{_growth(sizes, found)}"
    )


def _growth(sizes: tuple[int, ...], found: list[float | None]) -> str:
    """The exponent over the last measured doubling, and the factor of one step in it."""
    known = [(n, s) for n, s in zip(sizes, found, strict=True) if s is not None]
    if len(known) < 2:
        return f"{'—':>10}{'—':>9}"
    (small, before), (large, after) = known[-2:]
    ratio = max(after, 1e-3) / max(before, 1e-3)
    exponent = math.log(ratio) / math.log(large / small)
    mark = " " if known[-1][0] == sizes[-1] else "*"  # Not over the last doubling.
    return f"{exponent:>9.2f}{mark}{ratio ** (1 / (large - small)):>9.2f}"


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("dimensions", nargs="*", metavar="DIMENSION", help=", ".join(DIMENSIONS))
    parser.add_argument("--command", action="append", choices=list(COMMANDS))
    parser.add_argument("--limit", type=float, default=4.0, help="processor seconds for one case")
    given = parser.parse_args()
    if unknown := set(given.dimensions) - set(DIMENSIONS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    print(
        f"{'dimension':<13}{'sizes':<15}{'command':<12}{'seconds':>27}{'exponent':>9} {'a step':>9}"
    )
    for dimension in given.dimensions or DIMENSIONS:
        for command in given.command or COMMANDS:
            print(row(dimension, command, given.limit), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
