"""The names whose values are no longer those of a module's text, and the text without them.

A notebook's later cell, or `module.helper = other`, rebinds a name. The text is compared with the
objects without running anything; where that does not decide, the text is taken to hold.
"""

import ast
import importlib.util
import inspect
import itertools
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

from fadc.language.computation import computation, is_computation
from fadc.language.primitives import DeclaredAggregator
from fadc.syntax.source.blocks import top_level

GENERATED = "<fadc "
"""The prefix of the names of files that contain derivatives."""

_MISSING = object()
_Binding = tuple[str, ast.stmt]


def rebound(text: str, path: str, namespace: Mapping[str, Any]) -> set[str]:
    """The names whose values do not come from the statements that bind them in the text."""
    bindings = list(_bindings(text))
    fitting = {name for name, node in bindings if _fits(name, node, path, namespace)}
    changed = {name for name, _ in bindings} - fitting
    for name, node in bindings:  # A value computed from a rebound name differs from the text, too.
        if isinstance(node, ast.Assign | ast.AnnAssign) and changed & _names(node.value):
            changed.add(name)
    return changed


def without(text: str, names: set[str]) -> str:
    """The text with `pass` in place of the statements that bind some names; line numbers stay."""
    edits = {id(node): node for name, node in _bindings(text) if name in names}
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    ordered = sorted(edits.values(), key=lambda node: (node.lineno, node.col_offset))
    for node in reversed(ordered):
        first, start = _start(node)
        last, end = (node.end_lineno or first) - 1, node.end_col_offset
        before, behind = lines[first][:start], lines[last][end:]
        empty = b"" if before.strip() else b"\n" * (last - first)
        put = empty + before + _remainder(node, names).encode() + behind
        lines[first : last + 1] = put.splitlines(keepends=True)
    return b"".join(lines).decode()


def _bindings(text: str) -> Iterator[_Binding]:
    """The top-level names of a module, each with a statement that binds it."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # The pipeline reports it, with a span.
    for node in top_level(body):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Import(names=aliases):
                yield from zip(map(_local, aliases), itertools.repeat(node), strict=False)
            case ast.ImportFrom(names=aliases) if node.module != "__future__":
                yield from zip(map(_local, aliases), itertools.repeat(node), strict=False)
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name, node
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name, node


def _fits(name: str, node: ast.stmt, path: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a name's value may be the one that a statement gives it."""
    value = namespace.get(name, _MISSING)
    if value is _MISSING:
        return True
    match node:
        case ast.FunctionDef():
            codes = (each.__code__ for each in _definitions(value, node))
            return any((c.co_filename, c.co_qualname) == (path, name) for c in codes)
        case ast.ClassDef():
            return _is_class(value, node, path, namespace)
        case ast.Import() | ast.ImportFrom():
            aliases = [each for each in node.names if _local(each) == name]
            return any(_is_imported(value, node, each, namespace) for each in aliases)
        case ast.Assign(value=given) | ast.AnnAssign(value=ast.expr() as given):
            return _is_made_by(value, given, path, namespace)
    return True


def _definitions(value: Any, node: ast.FunctionDef) -> Iterator[FunctionType]:
    """The functions one of which must be the function that a `def` statement has defined."""
    if is_computation(value):
        yield from [inspect.unwrap(value)] if is_unaltered(value) else []
    elif node.decorator_list:
        yield from _behind(value)
    elif isinstance(value, FunctionType):
        yield value


def is_unaltered(computation: Any) -> bool:
    """Whether this is what `fed.computation` returned, and no wrapper of that."""
    return computation.__code__ is _computation.__code__


@computation
def _computation() -> None: ...


def _behind(value: Any) -> Iterator[FunctionType]:
    """The functions inside a value: those in wrappers, custom rules and closures of wrappers."""
    waiting: list[Any] = [value]
    seen: set[int] = set()
    for each in waiting:
        if id(each) in seen or len(seen) > 100:
            continue
        seen.add(id(each))
        if isinstance(each, FunctionType):
            yield each
            cells = each.__closure__ or ()
            waiting += [c.cell_contents for c in cells if not _is_empty(c)]
        waiting += [getattr(each, name, None) for name in ("__wrapped__", "__func__", "func")]
        waiting += [v for v in getattr(each, "__dict__", {}).values() if callable(v)]


def _is_empty(cell: Any) -> bool:
    try:
        return cell.cell_contents is None
    except ValueError:
        return True


def _is_class(value: Any, node: ast.ClassDef, path: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a class has a statement's fields, and methods that come from this file."""
    known = (namespace.get("__name__"), node.name)
    if not isinstance(value, type) or (value.__module__, value.__qualname__) != known:
        return False
    try:
        fields = list(inspect.get_annotations(value))
    except Exception:  # noqa: BLE001  The annotations are the user's.
        return True
    told = [n.target for n in node.body if isinstance(n, ast.AnnAssign)]
    methods = [vars(value).get(n.name) for n in node.body if isinstance(n, ast.FunctionDef)]
    here = (each.__code__.co_filename == path for each in methods if isinstance(each, FunctionType))
    return fields == [n.id for n in told if isinstance(n, ast.Name)] and all(here)


def _is_imported(
    value: Any, node: ast.Import | ast.ImportFrom, alias: ast.alias, namespace: Mapping[str, Any]
) -> bool:
    if isinstance(node, ast.Import):
        dotted = alias.name if alias.asname else alias.name.split(".")[0]
        return sys.modules.get(dotted, value) is value
    try:
        prefix = "." * node.level + (node.module or "")
        origin = importlib.util.resolve_name(prefix, namespace.get("__package__"))
    except ImportError:
        return True
    found = vars(sys.modules[origin]) if origin in sys.modules else {}
    if alias.name not in found:
        return True
    return _is_same_data(found[alias.name], value)


def _is_made_by(value: Any, given: ast.expr, path: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a value may be the result of an expression."""
    match given:
        case ast.Constant(value=constant):
            return _is_same_data(constant, value)
        case ast.Lambda():
            return any(each.__code__.co_filename == path for each in _behind(value))
        case ast.Name() | ast.Attribute():
            found = _value_of(given, namespace)
            return not _is_object(value) or found is _MISSING or found is value
        case ast.Call() if isinstance(value, DeclaredAggregator):
            told = {ast.unparse(each).rpartition(".")[2] for each in _arguments(given)}
            return {repr(value.name), value.like} <= told
        case ast.Call(func=made) if _is_derivative(value):
            return getattr(_value_of(made, namespace), "__module__", "").startswith("fadc.")
        case ast.Call() if callable(value) and hasattr(value, "__wrapped__"):
            return not is_computation(value) and _is_made_of(value, given, path, namespace)
    return not (is_computation(value) or isinstance(value, DeclaredAggregator))


def _is_derivative(value: Any) -> bool:
    """Whether this is what `fadc.jvp`, `fadc.vjp` or `fadc.value_and_grad` gave back."""
    return is_computation(value) and inspect.unwrap(value).__code__.co_filename.startswith(
        GENERATED
    )


def _is_object(value: Any) -> bool:
    """Whether a value is compared by identity; numbers and arrays are read when they are used."""
    return callable(value) or isinstance(value, DeclaredAggregator)


def _is_made_of(value: Any, given: ast.Call, path: str, namespace: Mapping[str, Any]) -> bool:
    """Whether the wrapped function is one that the expression names, or a lambda in it."""
    inner = set(_behind(value))
    named = [each for n in _names(given) for each in _behind(namespace.get(n))]
    here = any(f.__code__.co_filename == path and f.__name__ == "<lambda>" for f in inner)
    return here or bool(inner & {*named}) or not named


def _is_same_data(told: Any, value: Any) -> bool:
    """Whether two plain values are the same for the compiler: all floats are."""
    if told is value or type(told) is not type(value):
        return told is value
    if isinstance(told, int | str):
        return bool(told == value)
    return isinstance(told, float) or hasattr(told, "dtype")


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _value_of(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Attribute):
        return getattr(_value_of(node.value, namespace), node.attr, _MISSING)
    return namespace.get(node.id, _MISSING) if isinstance(node, ast.Name) else _MISSING


def _names(node: ast.AST | None) -> set[str]:
    return set() if node is None else {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _start(node: ast.stmt) -> tuple[int, int]:
    """The line, counted from 0, and the column where a statement begins, decorators included."""
    decorators = getattr(node, "decorator_list", None)
    return (decorators[0].lineno if decorators else node.lineno) - 1, node.col_offset


def _remainder(node: ast.stmt, names: set[str]) -> str:
    """The rest of a statement without some names: an import of the other names, or `pass`."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return "pass"
    kept = [each for each in node.names if _local(each) not in names]
    if not kept:
        return "pass"
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(kept))
    return ast.unparse(ast.ImportFrom(node.module, kept, node.level))


def _local(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]
