"""`check` over damaged programs: whatever stands in a file, there is an answer and no traceback."""

from __future__ import annotations

import io
import random
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path

import pytest

from .programs.catalogue import FOLDER
from .samples import ROOT
from .soundness import findings

FILES = [*sorted((ROOT / "samples").glob("*.py")), *sorted(FOLDER.glob("*.py"))]
TEXTS = {
    file.stem: file.read_text(encoding="utf-8") for file in FILES if "fadc" in file.read_text()
}

every_text = pytest.mark.parametrize("name", TEXTS)


def tokens(text: str) -> list[tuple[int, int]]:
    """Where the tokens of a text stand: offsets of their beginnings and ends."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    spans = [
        (starts[t.start[0] - 1] + t.start[1], starts[t.end[0] - 1] + t.end[1])
        for t in found
        if t.string.strip()
    ]
    return spans


def identifiers(text: str) -> list[tuple[int, int]]:
    """Where the names of a text stand."""
    return [(start, end) for start, end in tokens(text) if text[start:end].isidentifier()]


def delete(text: str, chance: random.Random) -> str:
    """A token is gone."""
    start, end = chance.choice(tokens(text))
    return text[:start] + text[end:]


def duplicate(text: str, chance: random.Random) -> str:
    """A token stands there twice."""
    start, end = chance.choice(tokens(text))
    return f"{text[:end]} {text[start:]}"


def swap(text: str, chance: random.Random) -> str:
    """Two tokens have changed places."""
    (a, b), (c, d) = sorted(chance.sample(tokens(text), 2))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def rename(text: str, chance: random.Random) -> str:
    """A name stands where another one did: the text parses and means something else."""
    (a, b), (c, d) = chance.choices(identifiers(text), k=2)
    return text[:a] + text[c:d] + text[b:]


def indent(text: str, chance: random.Random) -> str:
    """A line is indented otherwise."""
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    lines[place] = chance.choice(["", " ", "    ", "\t", "\f"]) + lines[place].lstrip()
    return "\n".join(lines)


def move(text: str, chance: random.Random) -> str:
    """A line stands elsewhere."""
    lines = text.split("\n")
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randrange(len(lines) + 1), line)
    return "\n".join(lines)


DAMAGES: tuple[Callable[[str, random.Random], str], ...] = (
    delete,
    duplicate,
    swap,
    rename,
    rename,
    indent,
    move,
)


@every_text
def test_truncated(name: str) -> None:
    text = TEXTS[name]
    for offset in range(0, len(text), 53):
        findings(text[:offset])


@every_text
def test_damaged(name: str) -> None:
    _damage(name, rounds=12)


@pytest.mark.slow
@every_text
def test_damaged_often(name: str) -> None:
    _damage(name, rounds=400)


def _damage(name: str, rounds: int) -> None:
    chance = random.Random(name)
    for _ in range(rounds):
        text = TEXTS[name]
        for _ in range(chance.randint(1, 3)):
            try:
                text = chance.choice(DAMAGES)(text, chance)
            except (tokenize.TokenError, SyntaxError):  # It has been damaged beyond tokens already.
                break
        try:
            findings(text)
        except Exception as error:
            error.add_note(text)
            raise


PROGRAM = """\
import jax.numpy as jnp

import fadc as fed


@fed.computation
def program(
    w: fed.Server, x: fed.Clients, k: int, flag: bool
) -> fed.Server:
    {statement}
    return w
"""

EXPRESSIONS = {
    "long sum": " + ".join(["w"] * 10_000),
    "long sum of messages": " + ".join(["fed.mean(x)"] * 500),
    "long product of a client value": " * ".join(["x"] * 5_000),
    "deep parentheses": "(" * 150 + "w" + ")" * 150,
    "too deep parentheses": "(" * 5_000 + "w" + ")" * 5_000,
    "deep calls": "abs(" * 180 + "w" + ")" * 180,
    "deep messages": "fed.mean(fed.broadcast(" * 60 + "w" + "))" * 60,
    "deep lambdas": "lambda: " * 150 + "w",
    "deep conditionals": "w if flag else " * 150 + "w",
    "deep attributes": "w" + ".a" * 3_000,
    "deep subscripts": "w" + "[0]" * 3_000,
    "deep lists": "[" * 150 + "x" + "]" * 150,
    "long list": f"[{'w, ' * 5_000}]",
    "long line": "w" + " " * 100_000 + "+ x",
    "long string": repr("x" * 200_000),
    "long number": "9" * 5_000,
    "comparisons": " < ".join(["w"] * 2_000),
    "not": "not " * 2_000 + "x",
    "minus": "-" * 2_000 + "x",
    "formatted": 'f"{w}{x!r:>{k}}" + f"{f"a"}"',
    "stars": "[*w, *x, {**w, **x}, *[*x]]",
    "starred call": "max(*x, *w, **x, **w)",
    "walrus": "[(a := w), (b := x), a + b]",
    "comprehensions": "{a: [b async for b in x] for a in w if x for c in a}",
    "yield": "[(yield x), (yield from w), (yield)]",
    "await": "await x + await w",
    "umlauts": '("ä" * 3, w, "ö", x)',
    "wide letters": '"\\N{GREEK SMALL LETTER ALPHA}𝛼𝛼" + x',
    "identifiers beyond ASCII": "ﬁ + 𝐱 + x",
    "slices": "w[x:w:x, ..., None, *x]",
    "ellipsis": "...",
    "nothing": "fed.map(fed.map, fed.map(fed.map))",
    "itself": "program(program(w, x, k, flag), x, k, program)",
    "arguments": "(lambda a, /, b=x, *c, d=w, **e: (a, b, c, d, e, x))(x, *x, d=x)",
    "nested quotes": "'''a\nb''' + x.y['''c\nd''']",
    "line joins": "w + \\\n    x + \\\n\\\n    w",
    "brackets over lines": "(\n\n  w\n # no\n + x\n)",
    "matrix": "w @ x @ w",
    "set": "{w, x, *x}",
    "complex": "1j * x + 0x_f + 1_0.0e-1",
}
STATEMENTS = {
    "star targets": "a, *b, (c, *d), [*e] = x, w",
    "long unpacking": f"{'a, ' * 2_000} = w",
    "chain": "a = b = c[0] = d.e = *f, = x",
    "for targets": "for a[0], b.c, *d in x: pass",
    "with": "with x as (a, b), w as [c, *d]: pass",
    "async": "async with x as a: pass",
    "async for": "async for a in x: pass",
    "try": "try: a = x\n    except (w, x) as e: raise e from x\n    else: b = a\n    finally: c = b",
    "match": "match x:\n        case {'a': [1, *b], **c} if w: a = b\n        case fed.Server(d=e) | e: pass",
    "class": "class A(fed.Server, metaclass=x):\n        b: x = w\n        @fed.computation\n        def f(self): return x",
    "def": "def f(a: x = w, *b: w, c: x = x, **d) -> x: nonlocal_ = a; return f",
    "async def": "async def f():\n        async for a in x: yield await a",
    "decorated": "@fed.computation\n    @x\n    def f(): pass",
    "lambda in default": "f = lambda a=lambda b=x: b: a()",
    "scopes": "global w, x; nonlocal k",
    "deletions": "del x, w[0], k.a, (flag, [x])",
    "imports": "from fadc import *; import fadc.language as fed, a.b.c",
    "relative import": "from ... import x",
    "annotations": "a: fed.Clients[x] = w; b: 'fed.Server[' = w; (c): int; d.e: x = x",
    "augmented": "w += x; x @= w; k //= x; w[x] |= x; fed.mean -= 1; z **= z",
    "returns": "return\n    return x\n    return *x, w",
    "while": "while x: \n        while w: break\n        else: continue",
    "nested ifs": "".join(f"if flag:\n{'    ' * (n + 2)}" for n in range(18)) + "w = x",
    "nested loops": "".join(f"for i{n} in range(k):\n{'    ' * (n + 2)}" for n in range(18))
    + "w = w + 1",
    "tapes": "a = []\n    for i in range(k):\n        a.append(a); a.append(x); a += a; a = a",
    "rows": "a = []\n    for i in range(k): a.append((w, (x, w)))\n    for b, c in zip(a, reversed(a)): w = b",
    "form feed": "w = w\n\f\n    w = x",
    "semicolons": ";".join(["w = w"] * 2_000),
    "many names": "\n    ".join(f"a{n} = w + x" for n in range(500)),
    "many branches": "\n    ".join("if flag: w = -w" for _ in range(200)),
    "tabs": "w = w\n\tw = x",
}
NEW = {
    (3, 12): {
        "alias": "type A[T: x, *Ts, **P] = fed.Server[T]",
        "generic def": "def f[T](a: T) -> T: return x",
        "generic class": "class A[T](T): pass",
        "quotes in a formatted string": "a = f'{x['a']}' f'''{\n  w  # why not\n}'''",
    },
    (3, 14): {
        "template": "a = t'{x}'",
        "except without brackets": "try: a = x\n    except A, B: pass",
    },
}
BODIES = {
    **{name: f"w = {expression}" for name, expression in EXPRESSIONS.items()},
    **{f"mapped {name}": f"w = fed.mean(fed.map({e}, x))" for name, e in EXPRESSIONS.items()},
    **{f"argument: {name}": f"w = fed.sum({e})" for name, e in EXPRESSIONS.items()},
    **{f"condition: {name}": f"w = w if {e} else x" for name, e in EXPRESSIONS.items()},
    **STATEMENTS,
}


@pytest.mark.parametrize("name", BODIES)
def test_strange_bodies(name: str) -> None:
    findings(PROGRAM.format(statement=BODIES[name]))


@pytest.mark.parametrize("name", [name for since in NEW for name in NEW[since]])
def test_new_syntax(name: str) -> None:
    """Python's own parser decides: what it does not know yet is a syntax error, no more."""
    since, statement = next((since, NEW[since][name]) for since in NEW if name in NEW[since])
    found = findings(PROGRAM.format(statement=statement))
    assert ("FAD100" in {each.code for each in found}) is (sys.version_info < since)


WHOLE_FILES = {
    "nothing": "",
    "only the word": "fadc",
    "null byte": PROGRAM.format(statement="w = '\0'"),
    "lone surrogate": PROGRAM.format(statement="w = '\ud800' + x"),
    "lone surrogate in a comment": PROGRAM.format(statement="w = x  # \udfff"),
    "byte order mark": "\ufeff" + PROGRAM.format(statement="w = x"),
    "two byte order marks": "\ufeff\ufeff" + PROGRAM.format(statement="w = x"),
    "CRLF": PROGRAM.format(statement="w = w + x").replace("\n", "\r\n"),
    "CR": PROGRAM.format(statement="w = w + x").replace("\n", "\r"),
    "form feeds": PROGRAM.format(statement="w = w + x").replace("\n\n", "\n\f\n"),
    "other line separators": PROGRAM.format(statement="w = 'a\u2028b\x85c\x0b' + x"),
    "no last newline": PROGRAM.format(statement="w = x").rstrip() + "  # fadc: ignore",
    "unknown encoding": "# -*- coding: klingon -*-\n" + PROGRAM.format(statement="w = x"),
    "only decorators": "import fadc\n@fadc.computation\n",
    "deep decorators": "import fadc\n" + "@fadc.computation\n" * 500 + "def f(): pass",
    "decorated in a row": "import fadc\n" + "@fadc.computation\ndef f(): return f()\n" * 200,
    "imports itself": "from .program import *\nimport fadc\nfrom . import program",
    "many aliases": "import fadc as a0\n" + "".join(f"a{n + 1} = a{n}\n" for n in range(2_000)),
    "aliases in a ring": "import fadc\na = b\nb = c\nc = a\n@a.computation\ndef f(x: a.Server) -> b: c(x)",
    "everything is one name": "from fadc import computation as f\n@f\ndef f(f: f) -> f:\n    f = f\n    return f",
    "deep classes": "import fadc\n"
    + "".join(f"{' ' * n}class A:\n" for n in range(90))
    + f"{' ' * 90}@fadc.computation\n{' ' * 90}def f(): pass",
    "lambda": "import fadc as fed; f = fed.computation(lambda w: w)",
    "annotation of annotations": "import fadc as fed\n@fed.computation\ndef f(w: "
    + "'fed.Server[' + " * 50
    + "'', x: 'x' = 'x') -> '''fed.Server[\n''': return w",
    "deep annotation": "import fadc as fed\n@fed.computation\ndef f(w: "
    + "tuple[" * 90
    + "fed.Server"
    + "]" * 90
    + ") -> fed.Server: return w",
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_strange_files(name: str) -> None:
    findings(WHOLE_FILES[name])


def test_a_file_that_is_read_from_disk(tmp_path: Path) -> None:
    """Imports of what is no text, of a folder and of oneself."""
    (tmp_path / "binary.py").write_bytes(b"fadc\xff\0")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "broken.py").write_text("import fadc\ndef (:\n")
    (tmp_path / "ring.py").write_text("from ring import a\nfrom program import b\nimport fadc\n")
    names = ("binary", "folder", "broken", "ring", "missing", "program")
    imports = "".join(f"from .{name} import a_{name}\n" for name in names)
    calls = " + ".join(f"a_{name}(x)" for name in names)
    findings(imports + PROGRAM.format(statement=f"w = {calls}"), str(tmp_path / "program.py"))
