"""The code of users as nodes: free names, and values in their place."""

from __future__ import annotations

import ast
import dis
from random import Random
from types import CodeType

import libcst as cst
import pytest

from fadc.emit.code.user import free_names, parse_user, substitute


def text(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("f(x, key=y).z[w]", "f w x y"),
        ("lambda x, *a, n=m, **k: x + n + a + k + c", "c m"),
        ("[f(x) for x in xs]", "f xs"),
        ("[x for x in x]", "x"),
        ("[y for x in xs for y in x if y > n]", "n xs"),
        ("{k: v for k, (v, *w) in d}", "d"),
        ("(y := f(x)) + y", "f x"),
        ("[y := x for x in xs] + [y]", "xs"),
        ("lambda: (y := x)", "x"),
        ("f'{x!r:>{w}} {y}'", "w x y"),
        ("x if None else True", "x"),
        ("{**a, b: c, **{d}}", "a b c d"),
        ("lambda x=x: x", "x"),
        ("f(*a, **b)[c:d, ...]", "a b c d f"),
    ],
)
def test_free_names(source: str, free: str) -> None:
    assert sorted(free_names(parse_user(source))) == free.split()


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("n * c", "a + b", "(a + b) * c"),
        ("n**2", "f(x)", "f(x) ** 2"),
        ("x[n:m]", "a + b", "x[a + b : m]"),
        ("n.T", "a + b", "(a + b).T"),
        ("n(x)", "lambda x: x", "(lambda x: x)(x)"),
        ("f(n, n=n)", "a.b", "f(a.b, n=a.b)"),
        ("x.n + n", "m", "x.n + m"),
        ("f(n)", "(x for x in y)", "f((x for x in y))"),
        # Values are captured by nothing.
        ("lambda x: x * n", "x", "lambda x_: x_ * x"),
        ("lambda *a: n(*a, m)", "a.b", "lambda *a_: a.b(*a_, m)"),
        ("lambda **k: n(**k)", "k.b", "lambda **k_: k.b(**k_)"),
        ("lambda x, x_: x * n + x_", "x", "lambda x__, x_: x__ * x + x_"),
        ("[n + x for x in n]", "x", "[x + x_ for x_ in x]"),
        ("[x for x in n]", "x", "[x for x in x]"),
        ("{k: n for k, v in v}", "v", "{k: v for k, v_ in v}"),
        ("[(y := x) + n for x in xs]", "y", "[(y_ := x) + y for x in xs]"),
        ("lambda x: [n for y in x]", "x + y", "lambda x_: [x + y for y_ in x_]"),
        # What is bound is not free.
        ("lambda n, m=n: n + m", "x", "lambda n, m=x: n + m"),
        ("[n for n in n]", "x", "[n for n in x]"),
        ("(n := n + 1)", "x", "n := n + 1"),
        # What surrounds a name stays.
        (
            "f(\n    (  # why\n        n\n    )\n)",
            "a + b",
            "f(\n    (  # why\n        a + b\n    )\n)",
        ),
        ("not (n)", "a + b", "not (a + b)"),
        ("f(\n    n,  # why\n)", "a + b", "f(\n    a + b,  # why\n)"),
        # f-strings.
        ("f'{n}'", "d['k']", "f\"{d['k']}\""),
        ('f"{n=}"', "a", 'f"n={a!r}"'),
        ('f"{ n = :>{m}}"', "a", 'f" n = {a:>{m}}"'),
        ('f"\'{n!r:>{m}}\\""', "d['\\n']", '"\'{!r:>{}}\\"".format(d["\\n"], m)'),
        ('f"{n}"', "{1: 2}", 'f"{ {1: 2}}"'),
        ('f"{n}"', "lambda: 1", 'f"{(lambda: 1)}"'),
    ],
)
def test_values_stand_for_free_names(source: str, value: str, expected: str) -> None:
    assert text(substitute(parse_user(source), {"n": parse_user(value)})) == expected


def test_several_values_are_put_in_at_once() -> None:
    swapped = substitute(parse_user("a - b"), {"a": parse_user("b"), "b": parse_user("a")})
    assert text(swapped) == "b - a"


def test_what_does_not_change_is_the_same_node() -> None:
    node = parse_user("f(x, [y for y in z])")
    assert substitute(node, {"w": parse_user("1"), "y": parse_user("2")}) is node


# Random expressions against Python -------------------------------------------------------------

NAMES = "abcxy"


def random_source(random: Random, depth: int) -> str:
    """An expression whose value is a whole number."""
    if depth == 0:
        return random.choice([*NAMES, *NAMES, "1", "2"])
    part = lambda: random_source(random, depth - 1)
    leaf = lambda: random_source(random, 0)
    name, other = random.sample(NAMES, 2)
    return random.choice(
        [
            lambda: f"({part()} + {part()})",
            lambda: f"{part()} * {part()}",
            lambda: f"(lambda {name}, *{other}: {part()} + len({other}))({part()}, {part()})",
            lambda: f"(lambda {name}, {other}={part()}, **k: {part()})({part()})",
            lambda: f"sum({part()} for {name} in ({leaf()}, {leaf()}))",
            lambda: (
                f"sum([{part()} for {name} in ({leaf()}, 3) for {other} in ({leaf()},) if {part()}])"
            ),
            lambda: f"({part()} if {part()} > 2 else {part()})",
            lambda: f"len(f'{{{leaf()}:>{{{leaf()} % 7}}}}{{{leaf()}=}}')",
            lambda: f"(lambda: ({name} := {part()}) + {part()})()",
            lambda: f"[{part()}, {part()}][-1]",
            lambda: f"{{{name}: {part()} for {name} in ({leaf()},)}}.popitem()[1]",
        ]
    )()


def value_of(source: str, **names: int) -> int | str:
    try:
        return int(eval(source, dict(names)))
    except (NameError, TypeError):  # A walrus that comes too late, or a tuple of arguments.
        return "error"


@pytest.mark.parametrize("seed", range(12))
def test_values_of_random_expressions_are_those_of_what_is_put_in(seed: int) -> None:
    random = Random(seed)
    around = {name: 3 + i for i, name in enumerate(NAMES)}
    for _ in range(40):
        source = random_source(random, random.randint(1, 4))
        put = {
            name: random_source(random, random.randint(0, 1)) for name in random.sample(NAMES, 2)
        }
        known = {name: value_of(value, **around) for name, value in put.items()}
        if "error" in known.values() or any(":=" in value for value in put.values()):
            continue  # Python has no walrus in the iterables of comprehensions.
        made = text(substitute(parse_user(source), {n: parse_user(v) for n, v in put.items()}))
        assert value_of(made, **around) == value_of(source, **{**around, **known}), (
            source,
            put,
            made,
        )


@pytest.mark.parametrize("seed", range(6))
def test_free_names_of_random_expressions_are_those_that_python_looks_up(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        source = random_source(random, random.randint(1, 4))
        code = compile(f"def whole():\n    return ({source}\n)", "", "exec")
        other = {"sum", "len"}
        assert free_names(parse_user(source)) - other == _globals(code) - other, source


def _globals(code: CodeType) -> set[str]:
    """What a function and those inside it look up as globals. (A symbol table of Python 3.12 leaves some out.)"""
    own = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return own.union(*(_globals(each) for each in code.co_consts if isinstance(each, CodeType)))


# Comments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source", ["(a + b)", "((a))", "a + (b)", "a, b", "((a, b))", "(x for x in y)"]
)
def test_parentheses_around_all_are_dropped(source: str) -> None:
    made = text(parse_user(source))
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(source))
    assert not made.startswith("((")


@pytest.mark.parametrize(
    "source",
    [
        "a  # first",
        "a +  # first\nb",
        "f(\n    # first\n    a,  # second\n    b,\n)",
        "(  # first\n    a)",
    ],
)
def test_comments_survive(source: str) -> None:
    made = text(parse_user(source))
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(f"({source}\n)"))
    assert made.count("#") == source.count("#")
