"""The time of `fadc transform` compared with libcst's parsing and printing of the input and output.

    pip install -e '.[benchmark]'
    python benchmarks/transform_speed.py

Start-up is not measured. Times are processor times, and ratios are of the best of several runs, so
that other work on the machine does not count; the last column shows whether time grows linearly
with size. Exits with 1 if a ratio is above 4.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import libcst

import fadc

LIMIT = 4.0
MODES = ("forward", "reverse")
RUNS = 3

HEAD = '''"""A module."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


def client_gradient(w, x):
    return jax.grad(client_loss)(w, x)


'''

SIGNATURE = """\
@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
) -> fed.Server[Float[Array, ""]]:
"""

STEP = """\
    w_at_clients_{k} = fed.broadcast(w_{j})
    g_{k} = fed.map(client_gradient, w_at_clients_{k}, x)
    mean_g_{k} = fed.mean(g_{k})
    step_{k} = lr * mean_g_{k} / jnp.sqrt(1.0 + jnp.vdot(mean_g_{k}, mean_g_{k}))
    w_{k} = w_{j} - step_{k}
"""

PLAIN = '''\
def helper_{k}(values, scale=1.0):
    """One of many functions that have nothing to do with the computation."""
    total = 0.0
    for index, value in enumerate(values):
        if index % 2:
            total += scale * value
        else:
            total -= value / scale
    return {{"total": total, "scale": [scale, scale + {k}]}}


'''


def statements(count: int) -> str:
    """A computation of this many statements: rounds of five, one after the other."""
    steps = "".join(STEP.format(k=k, j=k - 1) for k in range(1, count // 5))
    last = count // 5 - 1
    end = f"    losses = fed.map(client_loss, fed.broadcast(w_{last}), x)\n"
    end += "    loss = fed.mean(losses)\n    scaled = 2.0 * loss\n    return scaled\n"
    return f"{HEAD}{SIGNATURE}    w_0 = 1.0 * w\n{steps}{end}"


def lines(count: int, inside: int = 10) -> str:
    """A module of a number of lines around a computation of a number of statements."""
    program = statements(inside)
    helpers = (count - program.count("\n")) // PLAIN.count("\n")
    return program.replace(HEAD, HEAD + "".join(PLAIN.format(k=k) for k in range(helpers)))


def main() -> int:
    """Prints the table; returns 1 if a ratio is above the limit."""
    print(f"{'program':<22}{'mode':<9}{'fadc ms':>9}{'libcst ms':>11}{'ratio':>8}{'µs a line':>11}")
    programs = {f"{n} statements": statements(n) for n in (500, 1000, 2000)}
    programs |= {f"{n} lines": lines(n) for n in (2500, 5000, 10000)}
    worst = max(_row(name, source, mode) for name, source in programs.items() for mode in MODES)
    print(f"largest ratio {worst:.2f}, limit {LIMIT}")
    return int(worst > LIMIT)


def _row(name: str, source: str, mode: str) -> float:
    """Prints a row; returns the ratio."""
    text = transformed(source, mode)
    ours = best(lambda: transformed(source, mode))
    theirs = best(lambda: parsed_and_printed(source)) + best(lambda: parsed_and_printed(text))
    size = source.count("\n") + text.count("\n")
    figures = (
        f"{1e3 * ours:>9.0f}{1e3 * theirs:>11.0f}{ours / theirs:>8.2f}{1e6 * ours / size:>11.1f}"
    )
    print(f"{name:<22}{mode:<9}{figures}", flush=True)
    return ours / theirs


def transformed(source: str, mode: str) -> str:
    """The text that fadc emits."""
    done = fadc.transform(source, mode=mode, of="program", wrt="w,lr")
    assert done.text, done.diagnostics
    return done.text


def parsed_and_printed(source: str) -> str:
    """The text that libcst parses and prints again."""
    return libcst.parse_module(source).code


def best(run: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs."""
    found = []
    for _ in range(RUNS):
        gc.collect()
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
