"""Doubtful exchanges, beyond the examples that the rules' own records hold."""

from pathlib import Path

import pytest

import fadc
from fadc.derive.request import MODES
from fadc.diagnostics import Diagnostic

from ..samples import GALLERY

HEAD = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def step(*values):
    return sum(values)


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    b: fed.Server[Float[Array, "d"]],
    c: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 3,
    late: bool = False,
) -> fed.Server[Float[Array, "d"]]:
"""
ROOT = Path(__file__).parents[2]


def found(body: str) -> list[Diagnostic]:
    """What is said about a program with this body."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return fadc.check(HEAD + lines)


def text_at(diagnostic: Diagnostic, body: str) -> str:
    """What a diagnostic's first related place looks like in the source."""
    (where, _), *_ = diagnostic.related
    return body.strip("\n").splitlines()[where.start_line - HEAD.count("\n") - 1].strip()


def said(body: str) -> list[tuple[str, str]]:
    """The codes, and the names in the messages."""
    return [(each.code, each.message.partition("`")[2].rpartition("`")[0]) for each in found(body)]


# Loops ------------------------------------------------------------------------------------------


def test_the_outermost_loop_that_changes_nothing_is_named() -> None:
    body = """
for i in range(rounds):
    for j in range(rounds):
        for k in range(rounds):
            scaled = w * i
            w_at_clients = fed.broadcast(b * i)
            w = w + fed.mean(fed.map(step, fed.broadcast(scaled), w_at_clients, x))
return w
"""
    (diagnostic,) = found(body)
    assert diagnostic.code == "FAD501"
    assert text_at(diagnostic, body) == "for j in range(rounds):"
    assert "`b * i`" in diagnostic.message


def test_what_is_carried_unchanged_is_unchanged() -> None:
    body = """
for _ in range(rounds):
    b = b
    w = w + fed.mean(fed.map(step, fed.broadcast(w), fed.broadcast(b), x))
return w
"""
    assert said(body) == [("FAD501", "b")]


@pytest.mark.parametrize("value", ["w", "b + w", "jnp.sin(w)", "b / (1 + i)", "i", "v"])
def test_what_a_loop_changes_may_be_sent_again(value: str) -> None:
    body = f"""
for i, v in enumerate(values):
    w = w + fed.mean(fed.map(step, fed.broadcast({value}), x))
return w
"""
    assert said("values = []\nfor _ in range(2):\n    values.append(b)" + body) == []


def test_a_condition_that_the_loop_changes_protects() -> None:
    body = """
for i in range(rounds):
    if {condition}:
        w = w + fed.mean(fed.map(step, fed.broadcast(b), x))
    else:
        w = w * 0.5
return w
"""
    assert said(body.format(condition="i == 0")) == []
    assert said(body.format(condition="late")) == [("FAD501", "b")]


def test_a_number_beside_other_values_is_not_worth_a_word() -> None:
    body = """
for _ in range(rounds):
    w_at_clients, c_at_clients = fed.broadcast(({sent}))
    w = w + fed.mean(fed.map(step, w_at_clients, c_at_clients, x))
return w
"""
    assert said(body.format(sent="w, c")) == []
    assert said(body.format(sent="w, b")) == [("FAD501", "b")]
    assert said(body.format(sent="b, jnp.sin(b)")) == [("FAD501", "b` and `jnp.sin(b)")]


# Twice ------------------------------------------------------------------------------------------


def test_a_second_broadcast_inside_a_loop_is_said_once() -> None:
    body = """
first = fed.broadcast(b)
for _ in range(rounds):
    w = w + fed.mean(fed.map(step, first, fed.broadcast(w), fed.broadcast(b), x))
return w
"""
    (diagnostic,) = found(body)
    assert diagnostic.code == "FAD502"
    assert text_at(diagnostic, body) == "first = fed.broadcast(b)"


def test_what_was_broadcast_in_a_loop_or_branch_is_gone_after_it() -> None:
    body = """
for _ in range(rounds):
    w = w + fed.mean(fed.map(step, fed.broadcast(w), x))
if late:
    v = fed.mean(fed.map(step, fed.broadcast(w), x))
else:
    v = b
return v + fed.mean(fed.map(step, fed.broadcast(w), x))
"""
    assert said(body) == []


def test_two_names_of_one_value_are_one_value() -> None:
    body = """
v = w
return fed.mean(fed.map(step, fed.broadcast(w), fed.broadcast(v), x))
"""
    assert said(body) == [("FAD502", "w")]


def test_three_broadcasts_are_two_too_many() -> None:
    body = "return fed.mean(fed.map(step, *SENT, x))".replace(
        "*SENT", ", ".join(["fed.broadcast(w)"] * 3)
    )
    first, second = found(body)
    assert first.related == second.related
    assert first.span.start_column < second.span.start_column


# Uploads of data ---------------------------------------------------------------------------------


DATA = """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def program(
    w: fed.Server[Float[Array, "{server}"]],
    x: fed.Clients[Float[Array, "{clients}"]],
    n: fed.Clients[Float[Array, ""]],
) -> fed.Server:
    at_clients = fed.broadcast(w)
    return {upload}
"""


@pytest.mark.parametrize(
    ("server", "clients", "upload", "expected"),
    [
        ("d", "n d", "fed.sum(x)", ["x"]),
        ("d", "n d", "fed.mean((n, x))", ["x"]),
        ("d", "n d", "fed.weighted_mean(x, n)", ["x"]),
        ("d", "#n 3 d", "fed.sum(x)", ["x"]),
        ("n d", "n d", "fed.sum(x)", []),
        ("d", "8 d", "fed.sum(x)", []),
        ("d", "... d", "fed.sum(x)", []),
        ("d", "n d", "fed.sum(at_clients)", []),
        ("d", "n d", "fed.weighted_mean(at_clients, n)", []),
        ("d", "n d", "fed.sum(fed.map(len, x))", []),
    ],
)
def test_only_clients_have_a_dimension_of_data(
    server: str, clients: str, upload: str, expected: list[str]
) -> None:
    text = DATA.format(server=server, clients=clients, upload=upload)
    reports = fadc.check(text)
    assert [each.message.split("`")[1] for each in reports] == expected
    assert {each.code for each in reports} <= {"FAD503"}


def test_what_a_called_computation_is_given_need_not_be_data() -> None:
    caller = """

@fed.computation
def outer(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    n: fed.Clients[Float[Array, ""]],
) -> fed.Server:
    return program(w, fed.map(len, x), n)
"""
    text = DATA.format(server="d", clients="p", upload="fed.sum(x)")
    assert [each.code for each in fadc.check(text)] == ["FAD503"]
    assert fadc.check(text + caller) == []


# Samples and what is emitted of them --------------------------------------------------------------

FILES = sorted(
    [
        *ROOT.glob("samples/*.py"),
        *ROOT.glob("tests/golden/*/*.py"),
        *ROOT.glob("samples/derivatives/*/*.py"),
    ]
)


@pytest.mark.parametrize("mode", [None, *MODES])
@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_samples_and_their_derivatives_are_clean(file: Path, mode: str | None) -> None:
    text = file.read_text(encoding="utf-8")
    found = fadc.check(text, mode=mode, filename=str(file))
    reverse_only = {s.name for s in GALLERY if "forward" not in s.modes} & {*file.parts, file.stem}
    assert {each.code for each in found} == (
        {"FAD417"} if reverse_only and mode == "forward" else set()
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_they_keep_to_their_own_mechanism(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    own = "secure_sum" if 'fed.aggregator("secure_sum"' in text else "sum"
    assert fadc.check(text, mechanisms=[own], private_mechanisms=[own], filename=str(file)) == []


def test_stateless_clients_are_sent_things_again_and_others_not() -> None:
    text = (ROOT / "tests/golden/fedavg/reverse.rebroadcast.py").read_text(encoding="utf-8")
    assert fadc.check(text) == []
    claimed = text.replace("rebroadcast\n", "store\n", 1)
    assert {each.code for each in fadc.check(claimed)} == {"FAD502"}
