"""Annotations that are text: the types that they name, as far as these exist at run time.

The text is evaluated part by part, so that a name that exists for type checkers only does not hide
the placements in the rest of the annotation. Where such a name may itself be a placement, the
statement that binds it is looked up in the module's text (imports and aliases under
`if TYPE_CHECKING:`).
"""

import ast
import importlib
import linecache
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union

from fadc.language.placements import PLACEMENTS, placement_of

_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, Union, typing.Optional, Annotated)
_NESTED = (dict, list, tuple)


@dataclass(frozen=True)
class Globals:
    """Where a module's names are looked up: its globals, and the file that contains its text."""

    values: Mapping[str, Any]
    path: str = ""

    def binding(self, name: str) -> ast.stmt | None:
        """The last statement of the module that binds a name, at the top level or under `if`."""
        lines = linecache.getlines(self.path, dict(self.values)) if self.path else []
        try:
            body = ast.parse("".join(lines)).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return next((each for each in reversed([*_flat(body)]) if name in _bound(each)), None)

    def imported(self, statement: ast.Import | ast.ImportFrom, name: str) -> Any:
        """The object that an import binds to a name; None where the import fails."""
        alias = next(each for each in statement.names if name == (each.asname or each.name))
        try:
            if isinstance(statement, ast.Import):
                return importlib.import_module(alias.name)
            origin = "." * statement.level + (statement.module or "")
            module = importlib.import_module(origin, self.values.get("__package__"))
            return getattr(module, alias.name)
        except Exception:  # noqa: BLE001  The module is the user's and may fail in any way.
            return None


def type_of_text(text: str, names: Globals) -> Any:
    """The type that an annotation's text denotes; Any for what cannot be evaluated."""
    try:
        return _AnnotationReader(names).read(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return Any


def type_of_alias(alias: Any, names: Globals) -> Any:
    """The type that an alias of PEP 695 denotes. Python evaluates it lazily, that is, here."""
    try:
        return alias.__value__
    except Exception:  # noqa: BLE001  The text is the user's and may fail in any way.
        statement = names.binding(alias.__name__)
        value = getattr(statement, "value", None)
        return Any if value is None else type_of_text(ast.unparse(value), names)


class _AnnotationReader:
    """Evaluates expressions of annotations with the names of a module."""

    def __init__(self, names: Globals) -> None:
        self.names = names
        self.namespace = dict(names.values)

    def read(self, node: ast.expr) -> Any:
        """The type that an expression denotes."""
        match node:
            case ast.Constant(value=str() | None as value):
                return value
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return Union[self.read(left), self.read(right)]
            case ast.Subscript(value=base, slice=inner):
                return self._subscript(node, self._named(base), inner)
        return self._named(node)

    def _subscript(self, node: ast.expr, base: Any, inner: ast.expr) -> Any:
        if placement_of(base) is not None:
            found = self._evaluated(inner)
            return base[Any if found is None else found]
        base = typing.get_origin(base) or base  # `typing.Dict` is `dict`.
        if not any(base is container for container in _CONTAINERS):
            found = self._evaluated(node)
            return Any if found is None else found
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if base is Annotated:
            return self.read(parts[0])
        read = tuple(... if _is_ellipsis(part) else self.read(part) for part in parts)
        return base[read if base in _NESTED or base is Union else read[0]]

    def _named(self, node: ast.expr) -> Any:
        """The type that a name, dotted or not, denotes; if it is unknown, its last part decides."""
        found = self._evaluated(node)
        if found is None:
            found = self._looked_up(node)
        if found is not None:
            return found
        last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return PLACEMENTS.get(last, Any)

    def _looked_up(self, node: ast.expr) -> Any:
        """The type of a name by the statement that binds it; None where there is none."""
        if isinstance(node, ast.Attribute):
            return getattr(self._looked_up(node.value), node.attr, None)
        if not isinstance(node, ast.Name) or node.id in self.namespace:
            return None
        statement = self.names.binding(node.id)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return self.names.imported(statement, node.id)
        value = getattr(statement, "value", None)
        return self.read(value) if isinstance(value, ast.expr) else None

    def _evaluated(self, node: ast.expr) -> Any:
        """The value of an expression; None where it has none."""
        try:
            return eval(compile(ast.Expression(node), "<annotation>", "eval"), self.namespace)
        except Exception:  # noqa: BLE001  The text is the user's and may fail in any way.
            return None


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _flat([*statement.body, *statement.orelse])


def _bound(statement: ast.stmt) -> set[str]:
    """The names that an import or an assignment to one name binds."""
    match statement:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {each.asname or each.name for each in names}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    alias = getattr(statement, "name", None)  # `type name = …`
    return {alias.id} if isinstance(alias, ast.Name) else set()


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
