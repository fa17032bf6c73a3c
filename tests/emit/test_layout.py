"""Long expressions are broken as ruff breaks them, and mean what they meant."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import fadc
from fadc.emit import layout

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
    value = layout.parse(text)
    statement = ast.Assign(targets=[ast.Tuple(elts=[ast.Name("a"), ast.Name("b")])], value=value)
    heads = ["def f():", "    if x:"][: indent // 4]
    lines = [*heads, *layout.statement(statement, indent)]
    emitted = "\n".join(lines) + "\n"
    assert emitted == formatted(emitted)
    assert ast.unparse(ast.parse(text)) in ast.unparse(ast.parse(emitted))


@pytest.mark.parametrize("letters", range(75, 90))
def test_a_docstring_is_broken_where_ruff_leaves_it(letters: int) -> None:
    text = f"{'a' * letters} {'b' * 8}."
    (function,) = ast.parse(f'def f():\n    """{text}"""').body
    emitted = "\n".join(layout.statement(function, 0)) + "\n"
    assert emitted == formatted(emitted)
    assert max(map(len, emitted.splitlines())) <= layout.WIDTH
    assert "".join(ast.parse(emitted).body[0].body[0].value.value.split()) == text.replace(" ", "")


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
    assert max(map(len, comments)) <= layout.WIDTH


def test_a_call_of_a_call_breaks_in_the_inner_one_where_the_outer_stays_too_long() -> None:
    names = "theta, statistics, center, spread, trains"
    call = f"return jax.value_and_grad(lambda theta: client_weight({names}))(theta, extra=1)"
    assert layout.statements(ast.parse(call).body, indent=4) == [
        "    return jax.value_and_grad(",
        f"        lambda theta: client_weight({names})",
        "    )(theta, extra=1)",
    ]
