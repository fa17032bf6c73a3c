"""Code is laid out as ruff lays it out: what is printed on one line first comes out the same."""

from __future__ import annotations

import ast
import difflib
import tokenize
from io import StringIO
from pathlib import Path
from random import Random

import libcst as cst
import pytest

from fadc.emit.code import nodes
from fadc.emit.code.layout import render
from fadc.emit.code.templates import statement
from fadc.emit.code.user import parse_user
from tests.emit.code.random_code import built, random_tree
from tests.emit.code.ruff import formatted

ROOT = Path(__file__).parents[3]


def differences(expected: str, found: str) -> str:
    return "\n".join(
        difflib.unified_diff(expected.split("\n"), found.split("\n"), "ruff", "layout")
    )


# Modules ---------------------------------------------------------------------------------------

EMITTED = ("samples/derivatives/**/*.py", "tests/golden/**/*.py")
WRITTEN = ("samples/*.py", "tests/programs/**/*.py", "tests/*.py", "tests/emit/**/*.py")


@pytest.mark.parametrize("patterns", [EMITTED, WRITTEN], ids=["emitted", "written"])
def test_modules_on_long_lines_are_broken_as_by_ruff(patterns: tuple[str], tmp_path: Path) -> None:
    paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    sources = [path.read_text() for path in paths]
    wide = formatted(sources, tmp_path, wide=True)
    expected = formatted(wide, tmp_path)
    long_lines = [line for source in wide for line in source.split("\n") if len(line) > 100]
    assert len(long_lines) > 300
    for path, long, broken in zip(paths, wide, expected, strict=True):
        found = render(cst.parse_module(long))
        assert found == broken, f"{path}\n{differences(broken, found)}"


@pytest.mark.parametrize(
    "path",
    sorted(ROOT.glob("samples/derivatives/fed*/*.py")),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_emitted_modules_stay_as_they_are(path: Path) -> None:
    assert render(cst.parse_module(path.read_text())) == path.read_text()


# Random code -----------------------------------------------------------------------------------

STATEMENTS = [
    "x = $x",
    "x.y[z] = $x",
    "a, b = $x",
    "x[$x] = $y",
    "x = y = $x",
    "x: int = $x",
    "x: $x = $y",
    "x += $x",
    "$x",
    "f(a, key=$x)",
    "step = lambda x, y=1: $x",
    "assert $x",
    "raise $x",
    "if $x:\n    pass",
    "while $x:\n    pass",
    "for a, b in $x:\n    pass",
    "with $x as y:\n    pass",
    "def f(a, *, b=$x) -> $y:\n    return $x",
    "@$x\ndef f(a: $y):\n    return $x, $y",
]


def random_statement(random: Random, size: int) -> nodes.Statement:
    template = random.choice(STATEMENTS)
    holes = {
        name: built(random_tree(random, random.randint(1, size)))
        for name in "xy"
        if f"${name}" in template
    }
    return statement(template, **holes)


@pytest.mark.parametrize("size", [6, 12, 30])
def test_random_statements_are_laid_out_as_by_ruff(size: int, tmp_path: Path) -> None:
    random = Random(size)
    made = [random_statement(random, size) for _ in range(120)]
    flat, found = cst.Module(made).code, render(made)
    [expected] = formatted([flat], tmp_path)
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(flat))
    without_blanks = [
        "\n".join(line for line in each.split("\n") if line) for each in (expected, found)
    ]
    assert without_blanks[0] == without_blanks[1], differences(*without_blanks)


@pytest.mark.parametrize("width", range(95, 106))
def test_statements_about_as_wide_as_the_page(width: int, tmp_path: Path) -> None:
    """Each statement is filled up by a long name to the width, on one line."""
    holes = {"y": nodes.name("y")}
    made = []
    for template in STATEMENTS:
        if template != "x = y = $x":  # Where ruff looks at the whole line again.
            head = cst.Module([statement(template, x=nodes.name("x"), **_used(template, holes))])
            line = max(head.code.split("\n"), key=lambda each: ("x" in each, len(each)))
            for shape in ("{}", "f({}, a, b)", "({} + a)", "{}.b(c)", "[{}, a]", "{}[a, b]"):
                name = "x" * max(1, width - len(line) + 3 - len(shape))
                filled = parse_user(shape.format(name))
                made.append(statement(template, x=filled, **_used(template, holes)))
    flat, found = cst.Module(made).code, render(made)
    [expected] = formatted([flat], tmp_path)
    without_blanks = [
        "\n".join(line for line in each.split("\n") if line) for each in (expected, found)
    ]
    assert without_blanks[0] == without_blanks[1], differences(*without_blanks)


def _used(template: str, holes: dict[str, nodes.Expression]) -> dict[str, nodes.Expression]:
    return {name: value for name, value in holes.items() if f"${name}" in template}


def test_docstrings_are_broken_where_ruff_leaves_them(tmp_path: Path) -> None:
    texts = [f"{'a' * letters} {'b' * 8}." for letters in range(70, 93)]
    texts += ["words " * 60, "w" * 120, 'say "x"', "a \\ b", 'quotes """ in it']
    for text in texts:
        made = nodes.define("f", [], [nodes.docstring(text)])
        found = render([made])
        [expected] = formatted([found], tmp_path)
        assert found == expected
        docstring = ast.get_docstring(ast.parse(found).body[0])
        assert docstring is not None and docstring.split() == text.split()
        assert max(map(len, found.split("\n"))) <= 100 or len(text.split()) == 1


def test_only_this_package_knows_libcst() -> None:
    for path in (ROOT / "fadc").rglob("*.py"):
        if "emit/code/" not in path.as_posix():
            nodes_of = ast.walk(ast.parse(path.read_text()))
            names = [each for each in nodes_of if isinstance(each, ast.Import | ast.ImportFrom)]
            assert "libcst" not in " ".join(map(ast.unparse, names)), path


# The code of users -----------------------------------------------------------------------------

WRITTEN_ANYHOW = """\
f( a,b )
f'{ x !r:>{ w }}' + F'{x}'
f('a' 'b', f'{a}' 'b')
a+b *c
(x[a+1:], x[1 :2], x[a()::], x[-1:], x[1,2:3,...], x[1,], x[(1,2)])
{'a':1,**b}
lambda x,y = 1,*a:(x+y)
lambda : 0
[ x for x in(a,b)if x]
0XFF+1E5+1J
not(a)
-  x
-x**2
a if b else(c)
f(*a,** b,k = 1)
a. b . c
( a , )
f(x for x in y)
a<b<=c is  not d not   in e
[b'a', 'it\\'s', 'say "x"', '\\\\X', R'a']
1.0.real
f(x:=1)
[a**-b, a[1]**2, a.b**c.d, (-1)**2]
a and(b or c)
f(a, b,)
f(a, # first
 b # second
)
f( # first
 a)
f(
 # own
 a)
f(a # last
)
f(
 # only
)
[ # first
 a, b
 # last
]
{ # first
 'a': 1, # one
 # two
 'b': 2}
(a for b in c if d  # why
)
[a # first
 for b in c # second
 if d]
x[ # first
 1]
f(a + # first
 b)
f(a
 # own
 + b)
f((a # first
 if b else c))
lambda x: ( # first
 x)
a.b( # first
).c"""


WRITTEN_ANYHOW += f"\nf('{'a' * 50}' '{'b' * 60}', c)\n'{'a' * 50}' '{'b' * 60}'"


def snippets() -> list[str]:
    """The expressions above, of which each begins in the first column."""
    found: list[str] = []
    for line in WRITTEN_ANYHOW.split("\n"):
        if found and line[0] in " )]}":
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


@pytest.mark.parametrize("source", snippets())
def test_what_users_write_is_laid_out_as_by_ruff(source: str, tmp_path: Path) -> None:
    found = render([nodes.assign([nodes.name("value")], parse_user(source))])
    [expected] = formatted([f"value = {source}\n"], tmp_path)
    assert found == expected


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(StringIO(f"({source}\n)").readline)
    return [each.string for each in tokens if each.type == tokenize.COMMENT]


@pytest.mark.parametrize(
    "source",
    [*snippets(), "f(k = # first\n 1)", "a + ( # first\n b)", "a  # first", "a\n# first\n+ b"],
)
def test_what_users_write_keeps_its_meaning_and_its_comments(source: str) -> None:
    found = render([nodes.assign([], parse_user(source))])
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(f"({source}\n)"))
    assert comments(found) == comments(source)


def expressions(path: Path) -> list[str]:
    """The values of assignments and returns in a module, as they are written."""
    source = path.read_text()
    kinds = ast.Assign | ast.Return | ast.Expr
    found = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    texts = [ast.get_source_segment(source, node) for node in found if node is not None]
    return [text for text in texts if text is not None]


def test_comments_in_expressions_of_programs_stand_where_ruff_leaves_them(tmp_path: Path) -> None:
    random, cases = Random(0), list[str]()
    for path in sorted(ROOT.glob("tests/programs/*.py")):
        for source in expressions(path):
            if not any(word in source for word in ("lambda", "*", "[", "\n", '"')):
                cases += _with_comment(source, random)
    cases = random.sample(cases, 200)
    values = [nodes.assign([nodes.name("x")], parse_user(each)) for each in cases]
    [expected] = formatted(["".join(f"x = {each}\n" for each in cases)], tmp_path)
    assert render(values) == expected
    assert expected.count("#") == len(cases)


def _with_comment(source: str, random: Random) -> list[str]:
    """The source with a comment in one place in its brackets, if it has one."""
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    ends = [each.end[1] for each in tokens if each.string in (",", "(") and each.end[1]]
    if not ends or source.count("(") == 0 or not source.endswith(")"):
        return []
    end = random.choice(ends)
    if source[:end].count("(") <= source[:end].count(")"):
        return []
    return [source[:end] + random.choice(["  # behind\n", "\n# own\n"]) + source[end:]]


@pytest.mark.parametrize("pattern", ["samples/*.py", "tests/programs/*.py"])
def test_expressions_of_programs_are_the_same_when_parsed_and_printed(pattern: str) -> None:
    for path in sorted(ROOT.glob(pattern)):
        for source in expressions(path):
            printed = cst.Module([]).code_for_node(parse_user(source))
            expected = ast.dump(ast.parse(f"({source}\n)", mode="eval"))
            assert ast.dump(ast.parse(f"({printed}\n)", mode="eval")) == expected
            assert comments(printed) == comments(source)
