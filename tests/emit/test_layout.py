"""Long expressions are broken as ruff breaks them, and mean what they meant."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import fadc
from fadc.emit.code import nodes
from fadc.emit.code.layout import render
from fadc.emit.code.printer import WIDTH
from fadc.emit.code.statements import assignment, returned, unpacked
from fadc.emit.code.user import parse_user

LONG = [
    "jax.vjp(lambda total, multiplier, key=key: noised(total, multiplier, key) / fed.num_clients() + total)",
    "jax.vjp(lambda total, multiplier, key=key: noised(total, multiplier, key, the_number_of_clients, more))",
    "jax.vjp(lambda first, second: (first_function(first, second), second_function(first, second)), more)",
    "jax.vjp(lambda a: some_long_function_name(a) + another_long_function_name(a) + a_third_long_function_name(a, a))",
    "jax.value_and_grad(lambda log_ridge: error_without(gram, moment, log_ridge, own_gram, own_moment, x, y))(w)",
    # Broken, a tuple without its parentheses would fit on the line of its lambda.
    f"jax.vjp(lambda first: (first, {'s' * 73}))",
]


def formatted(text: str) -> str:
    """What ruff makes of it."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
@pytest.mark.parametrize("indent", [4, 8])
def test_a_long_lambda_is_broken_as_ruff_does(text: str, indent: int) -> None:
    made = assignment(unpacked(["a", "b"]), parse_user(text))
    body = [made] if indent == 4 else [nodes.if_(nodes.name("x"), [made])]
    emitted = render([nodes.define("f", [], body)])
    assert emitted == formatted(emitted)
    assert ast.unparse(ast.parse(text)) in ast.unparse(ast.parse(emitted))


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("letters", range(20, 50, 5))
def test_what_is_returned_has_one_part_a_line_where_it_is_too_long(
    letters: int, parts: int
) -> None:
    pair = nodes.tuple_([nodes.name("a" * letters), nodes.name("b" * letters)])
    emitted = render([nodes.define("f", [], [returned(nodes.tuple_([pair] * parts))])])
    assert emitted == formatted(emitted)
    text = f"({'a' * letters}, {'b' * letters})"
    one = f"    return {', '.join([text] * parts)}\n"
    assert (one in emitted) == (len(one) <= 101)
    assert ("    return (\n" in emitted) == (one not in emitted)


def test_a_bound_of_a_loop_that_is_used_twice_gets_a_name_that_says_so() -> None:
    source = """\
import fadc as fed
from jaxtyping import Array, Float


def step(w, x):
    return w * x


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]], coins: tuple[bool, ...]
) -> fed.Server[Float[Array, "d"]]:
    for t in range(len(coins)):
        if coins[t]:
            w = w - fed.mean(fed.map(step, fed.broadcast(w), x))
    return w
"""
    text = fadc.transform(source, mode="reverse").text
    assert "    steps = len(coins)\n" in text
    assert "    for t in range(steps):\n" in text
    assert "reversed(range(steps))" in text


def test_a_header_fits_the_line() -> None:
    names = [f"parameter_{number}" for number in range(12)]
    listed = "".join(f'    {name}: fed.Server[Float[Array, ""]],\n' for name in names)
    source = f"""\
import fadc as fed
from jaxtyping import Array, Float


@fed.computation
def total(
{listed}    x: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(x) + {" + ".join(names)}
"""
    text = fadc.transform(source, mode="forward").text
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert max(map(len, comments)) <= WIDTH


def test_a_call_of_a_call_breaks_in_the_inner_one_where_the_outer_stays_too_long() -> None:
    names = "theta, statistics, center, spread, trains"
    call = f"jax.value_and_grad(lambda theta: client_weight({names}))(theta, extra=1)"
    laid_out = returned(parse_user(call))
    assert render([nodes.define("f", [], [laid_out])]).split("\n")[1:-1] == [
        "    return jax.value_and_grad(",
        f"        lambda theta: client_weight({names})",
        "    )(theta, extra=1)",
    ]
