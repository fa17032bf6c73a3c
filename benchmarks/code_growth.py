"""How the building, laying out and printing of code grow with its size, and what a statement costs.

python benchmarks/code_growth.py
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from functools import reduce

import libcst as cst

from fadc.emit.code import nodes
from fadc.emit.code.layout import render
from fadc.emit.code.templates import expression, statement
from fadc.emit.code.user import substitute

SIZES = (300, 1_000, 3_000)


def names(count: int) -> list[cst.Name]:
    """``value_0``, ``value_1`` and so on."""
    return [nodes.name(f"value_{i}") for i in range(count)]


def total(count: int) -> nodes.Expression:
    """``value_0 + value_1 + ...``."""
    return reduce(lambda left, right: nodes.operation(left, "+", right), names(count))


def chain(count: int) -> nodes.Expression:
    """``value.step(0).step(1)...``."""
    start: nodes.Expression = nodes.name("value")
    return reduce(
        lambda left, i: nodes.call(nodes.attribute(left, "step"), nodes.number(i)),
        range(count),
        start,
    )


def many(count: int) -> list[nodes.Statement]:
    """Statements like emitted ones, of which every fifth is too long for a line."""
    return [
        statement(
            "$y, $pullback = fed.map($f, $arguments...)",
            y=f"y_{i}",
            pullback=f"y_{i}_pullback",
            f=nodes.dotted("functions.gradient"),
            arguments=names(2 if i % 5 else 12),
        )
        for i in range(count)
    ]


CASES: dict[str, Callable[[int], list[nodes.Statement]]] = {
    "statements": many,
    "elements of a list": lambda n: [nodes.assign([nodes.name("x")], nodes.list_(names(n)))],
    "arguments of a call": lambda n: [nodes.assign([], nodes.call("f", *names(n)))],
    "terms of a sum": lambda n: [nodes.assign([nodes.name("x")], total(n))],
    "sum, substituted": lambda n: [
        nodes.assign([], substitute(total(n), {"value_1": expression("a * b")}))
    ],
    "links of a chain": lambda n: [nodes.return_(chain(n // 10))],
}


def seconds(action: Callable[[], object]) -> tuple[float, object]:
    start = time.thread_time()
    made = action()
    return time.thread_time() - start, made


def main() -> None:
    """Prints, for each size, the CPU seconds to build code and to lay it out and print it."""
    print(f"{'':<22}" + "".join(f"{f'{n:,}: build':>14}{'render':>9}" for n in SIZES))
    for name, build in CASES.items():
        line = f"{name:<22}"
        for size in SIZES:
            built, made = seconds(lambda build=build, size=size: build(size))
            rendered, _ = seconds(lambda made=made: render(made))
            line += f"{built:>14.3f}{rendered:>9.3f}"
        print(line)


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
