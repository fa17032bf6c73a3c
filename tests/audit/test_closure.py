"""The independent reader finds every emitted module closed, and every hidden crossing."""

import pytest

import fadc
from fadc.audit.closure import closure

from ..programs.catalogue import PROGRAMS, Program

HEAD = """\
import jax
import jax.numpy as jnp
import fadc as fed
from fadc import Clients, Server
from elsewhere import imported
secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def local(w, x):
    return w * x


"""


def objections(body: str, *, top: str = "", result: str = "Server") -> list[str]:
    """What is said of a computation with this body."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    signature = f"def program(w: Server, x: Clients, n: int) -> {result}:\n"
    text = f"{HEAD}{top}\n@fed.computation\n{signature}{indented}"
    return [each.reason for each in closure(text).objections]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)
def test_every_emitted_module_is_closed(program: Program) -> None:
    for options in (
        {"mode": "forward"},
        {"mode": "reverse"},
        {"mode": "reverse", "residuals": "recompute"},
        {"mode": "reverse", "residuals": "rebroadcast"},
    ):
        done = fadc.transform(
            program.source, of=program.of, wrt=program.wrt, result=program.result, **options
        )
        assert not closure(program.source).objections
        assert not done.text or not closure(done.text).objections


ALLOWED = [
    "return fed.sum(fed.map(local, fed.broadcast(w), x))",
    "return w + secure_sum(x) / fed.num_clients()",
    "a, b = fed.broadcast((w, w))\nreturn fed.mean(fed.map(lambda a, x: a * x, a, x))",
    "tape = []\nfor _ in range(n):\n    tape.append(fed.mean(x))\nreturn jnp.stack(tape)",
    "for _ in range(w.shape[0]):\n    w = w + fed.mean(x)\nreturn w",
    "y = x if n else fed.map(local, x, x)\nreturn fed.sum(y)",
    "total = 0.0\nfor _ in range(n):\n    total += fed.mean(x)\nreturn total",
    "return fed.weighted_mean(x, x, aggregator=secure_sum)",
    "return jax.tree.map(lambda a: a * w, w)",
    "return fed.sum(value=fed.map(local, fed.broadcast(value=w), x))",
    (
        "a = []\nfor _ in range(n):\n    a.append(x)\nb = [{'v': y} for (y,) in zip(a, strict=True)]\n"
        "for each in b:\n    w = w + fed.sum(each['v'])\nreturn w"
    ),
    "tape = list()\nfor _ in range(n):\n    tape.append(fed.mean(x))\nreturn jnp.stack(tape)",
]


@pytest.mark.parametrize("body", ALLOWED)
def test_closed(body: str) -> None:
    assert objections(body) == []


REFUSED = [
    ("return jnp.sum(x)", "looks at client values outside fed.map"),
    ("return x", "returns a value at another place"),
    ("return w + x", "looks at client values"),
    ("return x[0]", "looks at client values"),
    ("return x.sum()", "looks at client values"),
    ("return max(x)", "looks at client values"),
    ("return fed.sum(fed.map(local, w, x))", "a server value is used at the clients"),
    ("return fed.sum(fed.map(lambda x: w * x, x))", "captures a value"),
    ("f = lambda x: w * x\nreturn fed.sum(fed.map(f, x))", "captures a value"),
    ("return fed.sum(fed.map(local, x, x, scale=w))", "depends on data"),
    ("return fed.sum(w)", "values that are not at the clients"),
    ("return fed.sum(fed.broadcast(x))", "values that are not at the server"),
    ("if w > 0:\n    w = w * 2\nreturn w", "a condition depends on data"),
    ("for _ in range(int(w)):\n    w = w * 2\nreturn w", "depends on data"),
    ("for each in x:\n    w = w * 2\nreturn w", "a loop runs over the clients"),
    ("global leak\nleak = x\nreturn w", "changes names of an outer scope"),
    ("leak.append(x)\nreturn w", "is no statement of the language"),
    ("w.at[0] = x\nreturn w", "assigns to something else than names"),
    ("return imported(x)", "comes from another module"),
    ("print(x)\nreturn w", "is no statement of the language"),
    (
        (
            "a = []\nfor _ in range(n):\n    a.append(x)\nb = [(y, y) for (y,) in zip(a, strict=True)]\n"
            "for c, _ in b:\n    w = w + c\nreturn w"
        ),
        "looks at client values",
    ),
    (
        (
            "a = []\nfor _ in range(n):\n    a.append(x)\nb = [y + w for (y,) in zip(a, strict=True)]\n"
            "return w"
        ),
        "looks at client values",
    ),
    ("y = print(x)\nreturn w", "looks at client values"),
    ("return [fed.sum(x) for _ in range(2)][0]", "a primitive stands inside an expression"),
    ("y = w if n else x\nreturn fed.sum(y)", "depends on both sides"),
    ("fed = jnp\nreturn fed.sum(w)", "binds `fed` anew"),
    ("secure_sum = jnp.sum\nreturn secure_sum(x)", "binds `secure_sum` anew"),
    ("while n:\n    w = w\nreturn w", "is no statement of the language"),
    ("z = [(y := w) for _ in range(n)]\nreturn fed.sum(fed.map(local, x, y))", "binds a name"),
    ("return (y := x)", "is no expression of the language"),
    ("def inner():\n    return x\nreturn inner()", "is no statement of the language"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_not_closed(body: str, reason: str) -> None:
    assert any(reason in each for each in objections(body)), objections(body)


TYPED = """\
from typing import TypedDict

Pair = TypedDict("Pair", {"a": Server, "b": Clients})


class Base(TypedDict):
    a: Server


class Both(Base):
    b: Clients


@fed.computation
def take(p: PAIR) -> Server:
    return p["a"] + fed.sum(p["b"])
"""


@pytest.mark.parametrize("name", ["Pair", "Both"])
def test_dicts_with_known_keys(name: str) -> None:
    """A part is where its key says, in parameters, arguments and results."""
    top = TYPED.replace("PAIR", name)
    assert objections('return take({"b": x, "a": w})', top=top) == []
    assert objections('return {"b": x, "a": w}', top=top, result=name) == []
    assert objections('return {"b": w, "a": x}', top=top, result=name)
    assert objections('return take({"b": w, "a": x})', top=top)
    assert objections('return {"b": (w, x)}', result="dict[str, tuple[Server, Clients]]") == []
    assert objections('return {"b": (x, w)}', result="dict[str, tuple[Server, Clients]]")
    leaking = top.replace('fed.sum(p["b"])', 'p["b"]')
    assert any("looks at client values" in each for each in objections("return w", top=leaking))


def test_primitives_cannot_be_replaced() -> None:
    assert objections("return fed.sum(x)", top="fed.sum = jnp.sum\n") == ["replaces `fed.sum`"]
    top = "def secure_sum(x):\n    return jnp.sum(x)\n"
    assert "binds `secure_sum` anew" in objections("return secure_sum(x)", top=top)


def test_uses_are_listed_with_their_lines() -> None:
    text = f"{HEAD}\n@fed.computation\ndef f(w: fed.Server, x: fed.Clients) -> fed.Server:\n"
    text += "    y = fed.map(local, fed.broadcast(w), x)\n    return secure_sum(y)\n"
    uses = [(u.direction, u.primitive, u.mechanism, u.line) for u in closure(text).uses]
    last = text.count("\n")
    assert uses == [
        ("down", "broadcast", "", last - 1),
        ("up", "secure_sum", "secure_sum", last),
    ]


@pytest.mark.parametrize(("returned", "found"), [("w, x", 0), ("x, w", 1)])
def test_aliases_of_aliases_are_what_they_stand_for(returned: str, found: int) -> None:
    names = "Pair0 = tuple[Server, Clients]\n"
    names += "".join(f"Pair{k} = tuple[Pair{k - 1}, Pair{k - 1}]\n" for k in range(1, 40))
    body = f"pair = {returned}\n" + "pair = (pair, pair)\n" * 39
    assert len(objections(f"{body}return pair", top=names, result="Pair39")) == found


def test_an_alias_of_itself_is_no_placement() -> None:
    names = 'Pair = tuple["Pair", Server]\n'
    assert objections("return w, w", top=names, result="Pair")
