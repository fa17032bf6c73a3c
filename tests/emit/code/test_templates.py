"""Templates and constructors give the code that is meant, with parentheses where needed."""

from __future__ import annotations

import ast
from random import Random

import libcst as cst
import pytest

from fadc.emit.code import nodes
from fadc.emit.code.nodes import call, dotted, lambda_, name, number, operation, tuple_
from fadc.emit.code.templates import expression, statement, statements
from tests.emit.code.random_code import built, random_tree

A, B, C = map(name, "abc")
SUM = operation(A, "+", B)


def text(*made: cst.CSTNode) -> str:
    return "".join(map(cst.Module([]).code_for_node, made)).strip()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (expression("$x * $c", x=SUM, c=C), "(a + b) * c"),
        (expression("$x - $y", x=SUM, y=SUM), "a + b - (a + b)"),
        (expression("-$x", x=SUM), "-(a + b)"),
        (expression("$x ** $y", x=number(-1), y=number(-1)), "(-1) ** -1"),
        (expression("$x ** $y", x=A, y=number(2)), "a**2"),
        (expression("-$x", x=operation(A, "**", B)), "-(a**b)"),
        (expression("not $x", x=operation(A, "**", B)), "not (a**b)"),
        (expression("$x ** $y", x=call(A), y=number(2)), "a() ** 2"),
        (call(lambda_(["x"], A), B), "(lambda x: a)(b)"),
        (call(A, expression("(yield)")), "a((yield))"),
        (call(A, tuple_([B], bare=True)), "a((b,))"),
        (call("f", expression("($x for x in $y)", x=SUM, y=B)), "f(a + b for x in b)"),
        (call("f", expression("(x for x in y)"), A), "f((x for x in y), a)"),
        (call("f", nodes.starred(A), nodes.keyword("k", lambda_([], B))), "f(*a, k=lambda: b)"),
        (
            expression("[x for x in $y]", y=nodes.conditional(A, B, C)),
            "[x for x in (b if a else c)]",
        ),
        (expression("f'{$x}'", x=lambda_([], A)), "f'{(lambda: a)}'"),
        (nodes.attribute(number(1), "real"), "(1).real"),
        (nodes.attribute(number(1.5), "real"), "(1.5).real"),
        (nodes.attribute(SUM, "T"), "(a + b).T"),
        (expression("await $x", x=SUM), "await (a + b)"),
        (nodes.subscript(A, nodes.slice_(B, SUM), C), "a[b : a + b, c]"),
        (nodes.subscript(A, nodes.slice_(B, C)), "a[b:c]"),
        (nodes.subscript(A, tuple_([B, C])), "a[b, c]"),
        (nodes.subscript(A, tuple_([B])), "a[(b,)]"),
        (tuple_([A]), "(a,)"),
        (tuple_([]), "()"),
        (nodes.dict_([(nodes.text("it's"), SUM)]), '{"it\'s": a + b}'),
        (expression("not $x", x=expression("$a and $b", a=A, b=B)), "not (a and b)"),
        (operation(operation(A, "<", B), "<", C), "(a < b) < c"),
        (
            expression("$module.zeros($keyword=1)", module="np", keyword="shape"),
            "np.zeros(shape=1)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_holes_are_filled_with_the_parentheses_that_they_need(
    made: cst.BaseExpression, expected: str
) -> None:
    assert text(made) == expected


def test_what_is_spliced_has_commas_between_its_elements_only() -> None:
    listed = cst.parse_expression("f(a, b,)").args
    assert text(expression("g($x...)", x=listed)) == "g(a, b)"
    assert text(expression("g($x..., c)", x=listed)) == "g(a, b, c)"
    assert text(expression("g($x...)", x=[])) == "g()"
    assert text(expression("($x...,)", x=[A])) == "(a,)"
    assert text(expression("[$x..., $y]", x=[SUM, B], y=C)) == "[a + b, b, c]"


def test_statements_are_made_from_templates() -> None:
    made = statement(
        "@$decorators...\ndef $f($parameters...) -> $returns:\n    $body...\n    return $y",
        decorators=[dotted("fed.computation")],
        f="step",
        parameters=["x", nodes.parameter("y", A, number(1)), "*", nodes.parameter("z", None, B)],
        returns=A,
        body=[
            nodes.docstring("One step."),
            nodes.below([nodes.BLANK, nodes.comment("Why.")], nodes.assign([A, B], C)),
            nodes.for_(
                tuple_([A, B]), C, [nodes.if_(SUM, [nodes.return_(B)], [nodes.assign([], C)])]
            ),
        ],
        y=C,
    )
    assert text(made).split("\n") == [
        "@fed.computation",
        "def step(x, y: a = 1, *, z=b) -> a:",
        '    """One step."""',
        "",
        "    # Why.",
        "    a, b = c",
        "    for a, b in c:",
        "        if a + b:",
        "            return b",
        "        else:",
        "            c",
        "    return c",
    ]


def test_definitions_and_returns() -> None:
    assert text(nodes.define("f", [], [nodes.return_()])) == "def f():\n    return ()"
    assert text(nodes.return_(A, B)) == "return a, b"
    assert text(nodes.return_(tuple_([A, B]))) == "return a, b"
    assert text(nodes.return_(tuple_([A]))) == "return (a,)"
    assert text(*statements("$y = $x\nreturn $y", y=A, x=B)) == "a = b\nreturn a"


def test_a_hole_that_cannot_be_filled_is_an_error() -> None:
    with pytest.raises(ValueError, match="No hole for x"):
        expression("'$x'", x=A)


@pytest.mark.parametrize("seed", range(10))
def test_random_expressions_have_the_intended_structure(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        tree = random_tree(random, random.randint(1, 30))
        intended = ast.unparse(tree)
        assert ast.dump(ast.parse(text(built(tree)))) == ast.dump(ast.parse(intended))
