"""The construct at a position of a text, and the meaning of its names: for editors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from fadc.ir import Aggregator, Literal, Node, Tree, Value
from fadc.span import Span
from fadc.syntax.computations import Reading
from fadc.syntax.modules.module import Module
from fadc.syntax.scope.bindings import Meanings, OpenTape
from fadc.syntax.scope.trees import is_poisoned
from fadc.syntax.source.text import Located


@dataclass(frozen=True)
class LocalName:
    """A local name of a computation, and its meaning at the position."""

    span: Span
    name: str
    meaning: Tree | OpenTape


@dataclass(frozen=True)
class Constant:
    """A literal, or a module-level name in a computation: known to everyone."""

    span: Span
    source: str


@dataclass(frozen=True)
class Primitive:
    """A primitive in a computation, as written; `aggregator` where it is a declared one."""

    span: Span
    source: str
    name: str
    aggregator: Aggregator | None
    computation: str


@dataclass(frozen=True)
class Callee:
    """Another computation, with the first lines of its definition."""

    span: Span
    signature: str
    docstring: str


Found = LocalName | Constant | Primitive | Callee


def find_at(reading: Reading, line: int, column: int) -> Found | None:
    """The construct at a position in a computation; lines count from 1, columns from 0."""
    module = reading.module
    if module is None or not 1 <= line <= len(module.text.lines):
        return None
    position = line, len(module.text.lines[line - 1][:column].encode())
    for name, computation in module.computations.items():
        path = _path_to(computation, position)
        found = _found(module, reading.meanings, name, path) if path else None
        if found is not None and found.span.start <= (line, column) < found.span.end:
            return found
    return None


def find_bound(reading: Reading) -> Iterator[LocalName]:
    """The names that the module's computations bind by loops and unannotated assignments."""
    module = reading.module
    if module is None:
        return
    for computation in module.computations.values():
        targets = [target for node in ast.walk(computation) for target in _targets(node)]
        for node in chain.from_iterable(map(ast.walk, targets)):
            found = _local(module, reading.meanings, node)
            if found is not None:
                yield found


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.For) else []


def _path_to(computation: ast.FunctionDef, position: tuple[int, int]) -> list[Located]:
    """The nodes around a position in a computation, outermost first, except annotations."""
    path: list[Located] = []
    waiting: list[ast.AST] = [computation.args, *computation.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr | ast.stmt | ast.arg):
            if not _holds(node, position):
                continue
            path.append(node)
            waiting.clear()
        waiting += _inside(node)
    return path


def _inside(node: ast.AST) -> list[ast.AST]:
    kept = []
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            kept += value if isinstance(value, list) else [value]
    return [child for child in kept if isinstance(child, ast.AST)]


def _holds(node: Located, position: tuple[int, int]) -> bool:
    """Whether a position, with its column in bytes, is in a node."""
    end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return (node.lineno, node.col_offset) <= position < end


def _found(
    module: Module, meanings: Meanings, computation: str, path: list[Located]
) -> Found | None:
    *around, node = path
    if node in meanings:
        return _local(module, meanings, node)
    for each in path:
        if isinstance(each, ast.Name | ast.Attribute):
            found = _primitive(module, computation, each) or _callee(module, each)
            if found is not None:
                return found
    return _constant(module, around, node)


def _local(module: Module, meanings: Meanings, node: ast.AST) -> LocalName | None:
    """A local name with its meaning; None if it has none, or if it is unknown after an error."""
    meaning = meanings.get(node)
    if not isinstance(node, ast.Name | ast.arg):
        return None
    if not isinstance(meaning, Value | Literal | Node | OpenTape):
        return None
    if not isinstance(meaning, OpenTape) and is_poisoned(meaning):
        return None
    span = module.text.span(node)
    if isinstance(node, ast.Name):
        return LocalName(span, node.id, meaning)
    (line, column), name = span.start, node.arg  # Its span contains the annotation, too.
    return LocalName(Span(module.path, line, column, line, column + len(name)), name, meaning)


def _primitive(module: Module, computation: str, node: ast.expr) -> Primitive | None:
    """A primitive or a declared aggregator."""
    name, text = module.primitive(node), module.text
    if name is None:
        return None
    declared = module.aggregator(node) if name == "aggregate" else None
    return Primitive(text.span(node), text.segment(node), name, declared, computation)


def _callee(module: Module, node: ast.expr) -> Callee | None:
    owner, name = module.computation(node) or (module, "")
    called = owner.computations.get(name)
    if called is None:
        return None
    docstring = (ast.get_docstring(called) or "").partition("\n")[0]
    return Callee(module.text.span(node), _signature(owner, called), docstring)


def _signature(owner: Module, node: ast.FunctionDef) -> str:
    """The first lines of a definition, one parameter per line."""
    listed = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    parameters = "".join(f"\n    {owner.text.segment(each)}," for each in listed)
    result = f" -> {owner.text.segment(node.returns)}" if node.returns else ""
    return f"def {node.name}({parameters}\n){result}"


def _constant(module: Module, around: list[Located], node: Located) -> Constant | None:
    """A literal other than a string, or a module-level name that is bound once."""
    text = bool(around) and isinstance(around[-1], ast.Expr | ast.JoinedStr)
    static = isinstance(node, ast.Constant) and not text
    if isinstance(node, ast.Name) and node.id in module.aliases:
        static = module.names[node.id] == 1 and module.is_global(node)
    return Constant(module.text.span(node), module.text.segment(node)) if static else None
