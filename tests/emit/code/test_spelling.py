"""Commas and comments that make no difference are left out; those that do stay."""

from __future__ import annotations

import ast

import pytest

from fadc.emit.code.spelling import without_comments, without_directives, without_last_commas
from fadc.emit.code.user import statement_on_one_line

COMMAS = {
    "f(a, b,)": "f(a, b)",
    "f(\n    a,\n    b,  # the last\n)": "f(\n    a,\n    b  # the last\n)",
    "[a,]": "[a]",
    "{a, b,}": "{a, b}",
    '{"a": b,}': '{"a": b}',
    "(a, b,)": "(a, b)",
    "(a,)": "(a,)",
    "(\n    a,  # alone\n)": "(\n    a,  # alone\n)",
    "x[a, b,]": "x[a, b]",
    "x[a,]": "x[a,]",
    "f(x)[a,]": "f(x)[a,]",
    "f(x)(a,)": "f(x)(a)",
    "not (a,)": "not (a,)",
    "f(lambda a, b: a,)": "f(lambda a, b: a)",
    "(lambda a, b: a,)": "(lambda a, b: a,)",
    "f(lambda a, b: (a,),)": "f(lambda a, b: (a,))",
    'f"{a,}"': 'f"{a,}"',
    'f"{a}{b,}"': 'f"{a}{b,}"',
    'f("a,)")': 'f("a,)")',
    "f([\n    (a,),\n],)": "f([\n    (a,)\n])",
}


@pytest.mark.parametrize(("source", "expected"), COMMAS.items())
def test_commas_behind_the_last_element(source: str, expected: str) -> None:
    assert without_last_commas(source) == expected
    trees = [ast.dump(ast.parse(f"({text}\n)")) for text in (source, expected)]
    assert trees[0] == trees[1]


def test_comments_are_left_out_and_strings_are_none() -> None:
    written = 'y = f(  # one\n    "# no comment",\n    x,  # two\n)'
    assert without_comments(written) == 'y = f(  \n    "# no comment",\n    x  \n)'


def test_what_is_told_fadc_is_left_out() -> None:
    written = 'f(\n    a,  # first  # fadc: ignore[FAD415]\n    "# fadc: no",  #fadc: ignore\n)'
    assert without_directives(written) == 'f(\n    a,  # first  \n    "# fadc: no",  \n)'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = f(\n    a,  # one\n    b,\n)", "y = f(a, b)"),
        ("y = (\n    a  # one\n    + b\n)", "y = a + b"),
        ("return (\n    a,\n    b,\n)", "return (a, b)"),
        ("for i in range(\n    n,\n)", "for i in range(n):"),
        ("if (\n    a\n    and b\n)", "if a and b:"),
    ],
)
def test_statements_are_quoted_on_one_line(source: str, expected: str) -> None:
    compound = source.startswith(("for", "if"))
    assert statement_on_one_line(source, compound) == expected
