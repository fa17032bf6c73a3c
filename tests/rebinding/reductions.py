"""Texts that are a little smaller than a program's: with less statements, or shorter expressions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Edit = Callable[[ast.AST], None]


def without_comments(text: str) -> Iterator[str]:
    """The text as Python prints it."""
    yield ast.unparse(ast.parse(text)) + "\n"


def fewer_statements(text: str) -> Iterator[str]:
    """Each statement left out, the last first; and what is in a block in place of the block."""
    tree = ast.parse(text)
    blocks = [(node, field) for node in ast.walk(tree) for field in ("body", "orelse")]
    blocks = [(n, f) for n, f in blocks if isinstance(getattr(n, f, None), list) and getattr(n, f)]
    for number, (node, field) in enumerate(blocks):
        count = len(getattr(node, field))
        for start, end in _stretches(count):
            yield _edited(tree, number, field, start, end, None)
        for index in range(count):
            for inner in ("body", "orelse"):
                statement = getattr(node, field)[index]
                if isinstance(statement, ast.If | ast.For) and getattr(statement, inner):
                    yield _edited(tree, number, field, index, index + 1, inner)


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    """Halves, quarters, … and each one of `count` statements, from the end."""
    size = count
    while size:
        for end in range(count, 0, -size):
            yield max(0, end - size), end
        size //= 2


def _edited(
    tree: ast.Module, number: int, field: str, start: int, end: int, inner: str | None
) -> str:
    """The text without some statements of a block, or with the insides of one in its place."""
    changed = copy.deepcopy(tree)
    found = [(n, f) for n in ast.walk(changed) for f in ("body", "orelse")]
    found = [(n, f) for n, f in found if isinstance(getattr(n, f, None), list) and getattr(n, f)]
    node, _ = found[number]
    block = getattr(node, field)
    block[start:end] = getattr(block[start], inner) if inner else []
    if not block and field == "body" and not isinstance(node, ast.Module):
        block.append(ast.Pass())
    return ast.unparse(changed) + "\n"


def shorter_expressions(text: str) -> Iterator[str]:
    """Each expression replaced by a part of it, the largest first."""
    tree = ast.parse(text)
    numbered = list(enumerate(_expressions(tree)))
    for number, node in sorted(numbered, key=lambda pair: -_size(pair[1])):
        for part in range(len(_parts(node))):
            changed = copy.deepcopy(tree)
            chosen = _expressions(changed)[number]
            _Replacement(chosen, _parts(chosen)[part]).visit(changed)
            yield ast.unparse(changed) + "\n"


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _expressions(tree: ast.AST) -> list[ast.expr]:
    """The values of statements and all that is inside them, but for annotations."""
    found = []
    for statement in ast.walk(tree):
        if isinstance(statement, ast.FunctionDef):
            inside = [n for each in statement.body for n in ast.walk(each)]
            found += [n for n in inside if isinstance(n, ast.expr) and _parts(n)]
    return found


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords)]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.Subscript(value=value):
            return [value]
        case ast.Tuple(elts=elements, ctx=ast.Load()):
            return [*elements]
        case ast.Dict(values=values):
            return [*values]
        case ast.BoolOp(values=values) | ast.UnaryOp(operand=values):
            return values if isinstance(values, list) else [values]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
    return []


class _Replacement(ast.NodeTransformer):
    """Puts one expression in the place of another."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """The tree with the replacement."""
        return self.new if node is self.old else super().visit(node)


def simpler_functions(text: str) -> Iterator[str]:
    """Each mapped function replaced by `jnp.sin` or `jnp.multiply`."""
    tree = ast.parse(text)
    calls = _maps(tree)
    for number, call in enumerate(calls):
        plain = {2: "sin", 3: "multiply"}.get(len(call.args))
        if plain is None or ast.unparse(call.args[0]) == f"jnp.{plain}":
            continue
        changed = copy.deepcopy(tree)
        _maps(changed)[number].args[0] = ast.parse(f"jnp.{plain}", mode="eval").body
        yield ast.unparse(changed) + "\n"


def _maps(tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return [call for call in calls if ast.unparse(call.func) in ("map", "fed.map", "fadc.map")]


def fewer_results(text: str) -> Iterator[tuple[str, str, int]]:
    """Each result of a computation that has several left out: the text, and which one is gone."""
    tree = ast.parse(text)
    for number, node in enumerate(tree.body):
        if not isinstance(node, ast.FunctionDef) or not _returns_several(node):
            continue
        for index in range(len(_returned(node).elts)):
            changed = copy.deepcopy(tree)
            function = changed.body[number]
            assert isinstance(function, ast.FunctionDef)
            _leave_out(function, index)
            yield ast.unparse(changed) + "\n", node.name, index


def _returns_several(node: ast.FunctionDef) -> bool:
    last = node.body[-1]
    return (
        isinstance(last, ast.Return)
        and isinstance(last.value, ast.Tuple)
        and isinstance(node.returns, ast.Subscript)
        and isinstance(node.returns.slice, ast.Tuple)
        and len(node.returns.slice.elts) == len(last.value.elts) > 1
    )


def _returned(node: ast.FunctionDef) -> ast.Tuple:
    last = node.body[-1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Tuple)
    return last.value


def _leave_out(node: ast.FunctionDef, index: int) -> None:
    values = _returned(node).elts
    assert isinstance(node.returns, ast.Subscript)
    assert isinstance(node.returns.slice, ast.Tuple)
    types = node.returns.slice.elts
    del values[index], types[index]
    if len(values) == 1:
        last = node.body[-1]
        assert isinstance(last, ast.Return)
        last.value, node.returns = values[0], types[0]


def without_parameter(text: str, function: str, parameter: str) -> str:
    """The text without one parameter of a function."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            names = [each.arg for each in node.args.args]
            index, required = names.index(parameter), len(names) - len(node.args.defaults)
            del node.args.args[index]
            if index >= required:
                del node.args.defaults[index - required]
    return ast.unparse(tree) + "\n"
