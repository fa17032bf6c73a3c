"""Mutants of the calculus and the passes, against the cases of this folder alone.

`python -m tests.passes.mutants [--every N] [FILE…]` changes one thing at a time in `fadc/calculus` and `fadc/passes`, as a
slip of the pen would, and runs the cases: a condition is turned round or dropped, a constant changed, an argument, a
part of a tuple or a statement left out. It prints every mutant that no case notices, and how many there were;
with `--every` it takes each Nth of a file.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import os
import pkgutil
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import CodeType, ModuleType

import fadc.analyses
import fadc.ir
import fadc.plan

from .cases_of import Case, all_cases

ROOT = Path(__file__).parents[2]
OTHERS = ("selection.py", "__init__.py")
"""Files of the two packages that are no step of a derivation."""

SWAPPED = {
    ast.Eq: ast.NotEq,
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
    ast.And: ast.Or,
    ast.Add: ast.Sub,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
}
OPPOSITES = {**SWAPPED, **{new: old for old, new in SWAPPED.items() if old is not ast.Mult}}
SETTLED = ("strict", "frozen", "eq", "default_factory", "default")
"""Keywords whose values no run can tell from others."""

Change = tuple[int, str, Callable[[], Callable[[], None]]]
"""A line, what is changed there, and how: that gives how it is changed back."""


def replaced(owner: object, name: str, new: object) -> Callable[[], Callable[[], None]]:
    """Another value of an attribute."""

    def change() -> Callable[[], None]:
        old = getattr(owner, name)
        setattr(owner, name, new)
        return lambda: setattr(owner, name, old)

    return change


def without(items: list, index: int) -> list:
    """The other items; of two operands the other one twice, since an operator wants two."""
    return [*items[:index], *items[index + 1 :]]


def changes(node: ast.AST) -> Iterator[Change]:
    """What can be changed in one node."""
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                new = OPPOSITES.get(type(op))
                if new:
                    swapped = [new() if i == index else each for i, each in enumerate(ops)]
                    yield (
                        line,
                        f"{type(op).__name__} -> {new.__name__}",
                        replaced(node, "ops", swapped),
                    )
        case ast.BoolOp(op=op, values=values):
            yield line, "and <-> or", replaced(node, "op", OPPOSITES[type(op)]())
            for index, value in enumerate(values):
                rest = without(values, index)
                rest = rest * 2 if len(rest) == 1 else rest
                yield line, f"without {ast.unparse(value)}", replaced(node, "values", rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            twice = ast.UnaryOp(ast.Not(), operand)
            yield line, "without not", replaced(node, "operand", twice)
        case ast.If(test=test) | ast.IfExp(test=test):
            for known in (True, False):
                label = f"if {ast.unparse(test)} -> {known}"
                yield line, label, replaced(node, "test", ast.Constant(known))
        case ast.comprehension(ifs=ifs):
            for index, each in enumerate(ifs):
                label = f"without if {ast.unparse(each)}"
                yield each.lineno, label, replaced(node, "ifs", without(ifs, index))
        case ast.match_case(guard=ast.expr() as guard):
            yield guard.lineno, f"without if {ast.unparse(guard)}", replaced(node, "guard", None)
        case ast.Constant(value=bool() | int() | str() as value):
            other = (
                not value
                if isinstance(value, bool)
                else "mutant"
                if isinstance(value, str)
                else value + 1
            )
            yield line, f"{value!r} -> {other!r}", replaced(node, "value", other)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPPOSITES:
            new = OPPOSITES[type(op)]
            yield line, f"{type(op).__name__} -> {new.__name__}", replaced(node, "op", new())
        case ast.Call(keywords=keywords):
            for index, each in enumerate(keywords):
                if each.arg and each.arg not in SETTLED:
                    yield (
                        line,
                        f"without {each.arg}=",
                        replaced(node, "keywords", without(keywords, index)),
                    )
            if isinstance(node.func, ast.Name) and node.func.id in ("reversed", "sorted"):
                plain = ast.Name("list", ast.Load())
                yield line, f"without {node.func.id}", replaced(node, "func", plain)
        case ast.Tuple(elts=parts, ctx=ast.Load()) | ast.List(elts=parts, ctx=ast.Load()):
            for index, each in enumerate(parts):
                if isinstance(each, ast.Starred) and len(parts) > 1:
                    label = f"without {ast.unparse(each)}"
                    yield line, label, replaced(node, "elts", without(parts, index))
    for name in ("body", "orelse"):
        yield from dropped(node, name)


def dropped(node: ast.AST, name: str) -> Iterator[Change]:
    """A block without one of its statements."""
    body = getattr(node, name, None)
    for index, each in enumerate(body if isinstance(body, list) else ()):
        stores = isinstance(each, ast.Assign) and any(
            isinstance(target, ast.Attribute | ast.Subscript) for target in each.targets
        )
        early = isinstance(each, ast.Return) and isinstance(node, ast.If)
        calls = isinstance(each, ast.Expr) and not isinstance(each.value, ast.Constant)
        if stores or early or calls or isinstance(each, ast.AugAssign | ast.Continue | ast.Break):
            rest = [ast.Pass() if i == index else old for i, old in enumerate(body)]
            yield each.lineno, f"without {ast.unparse(each)}", replaced(node, name, rest)


def settled(tree: ast.AST) -> set[int]:
    """The nodes that say nothing at run time: annotations, docstrings, assertions, types."""
    found: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Assert():
                found.append(node)
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation):
                found.append(annotation)
            case ast.FunctionDef(returns=annotation):
                found.append(annotation)
            case ast.keyword(arg=name) if name in SETTLED:
                found.append(node)
            case ast.Assign(value=ast.Subscript() | ast.BinOp(), col_offset=0):
                found.append(node)
    return {id(inner) for node in found if node for inner in ast.walk(node)}


def mutants(source: str) -> Iterator[tuple[int, str, CodeType]]:
    """All mutants of a file: the line, what is changed, the code."""
    tree = ast.parse(source)
    known = settled(tree)
    found = [c for node in ast.walk(tree) if id(node) not in known for c in changes(node)]
    for line, label, change in found:
        back = change()
        mutant = ast.fix_missing_locations(copy.deepcopy(tree))
        back()
        yield line, label, compile(mutant, "mutant", "exec")


class Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module as other code."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(self, name: str, path: object, target: object = None):
        """The module's own name is found here first."""
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Runs the mutant."""
        exec(self.code, module.__dict__)  # noqa: S102


def is_noticed(cases: list[Case], mutant: Mutant | None) -> bool:
    """Whether a case goes otherwise with a mutant; a process of its own imports it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(60)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            sys.meta_path[:0] = [mutant] if mutant else []
            code = int(not all(case.result == case.after for case in cases))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def first(cases: list[Case], stem: str) -> list[Case]:
    """The cases, those first that are called as the file."""
    return sorted(cases, key=lambda case: not case.file.startswith(stem))


def main(paths: list[str], every_nth: int) -> None:
    """Runs the mutants of some files, or of all."""
    for package in (fadc.ir, fadc.analyses, fadc.plan):
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)
    folders = (ROOT / "fadc" / "calculus", ROOT / "fadc" / "passes")
    every = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    files = [Path(path).resolve() for path in paths] or [f for f in every if f.name not in OTHERS]
    cases = all_cases()
    assert not is_noticed(cases, None), "a case fails without a mutant"
    total = survived = 0
    for file in files:
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        ordered = first(cases, file.stem)
        for line, label, code in islice(mutants(file.read_text("utf-8")), 0, None, every_nth):
            total += 1
            if not is_noticed(ordered, Mutant(name, code)):
                survived += 1
                print(f"{file.relative_to(ROOT)}:{line}: {label}", flush=True)
    print(f"{total - survived} of {total} mutants were noticed")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--every", type=int, default=1)
    options.add_argument("files", nargs="*")
    given = options.parse_args()
    main(given.files, given.every)
