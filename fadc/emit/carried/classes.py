"""The program's classes, which a derivative imports so that both have the same classes.

A class that is defined twice is two classes: `isinstance` and JAX's trees distinguish them.
Top-level statements about classes, such as a registration with JAX, are executed by that import and
not copied. A `TypedDict` is copied: it is an annotation, and its values are plain dicts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fadc.syntax.modules.module import Module
from fadc.syntax.modules.typed_dicts import fields_of
from fadc.syntax.source.blocks import top_level

_MAKERS = frozenset(
    "collections.namedtuple typing.NamedTuple typing_extensions.NamedTuple"
    " dataclasses.make_dataclass enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag"
    " chex.make_dataclass".split()
)
"""The functions that make classes."""


@dataclass(frozen=True)
class Classes:
    """The classes of a module: their names, and the statements that are imported instead of copied.

    ``behind`` are statements that are copied because they do more than define classes.
    """

    names: tuple[str, ...]
    removed: tuple[ast.stmt, ...]
    behind: tuple[ast.stmt, ...]


def find_classes(module: Module) -> Classes:
    """The classes that a module defines at the top level."""
    names = {
        name for statement in top_level(module.tree.body) for name in _defined(module, statement)
    }
    removed: list[ast.stmt] = []
    behind: list[ast.stmt] = []
    for statement in module.tree.body:
        if any(True for _ in _defined(module, statement)) or _only_speaks_of(statement, names):
            removed.append(statement)
        elif any(True for inner in top_level([statement]) for _ in _defined(module, inner)):
            behind.append(statement)
    return Classes(tuple(sorted(names)), tuple(removed), tuple(behind))


def _defined(module: Module, statement: ast.stmt) -> Iterator[str]:
    """The names of the classes that a statement defines."""
    match statement:
        case ast.ClassDef(name=name):
            if fields_of(module, name) is None:
                yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=callee)):
            if module.resolve(callee) in _MAKERS:
                yield name


def _only_speaks_of(statement: ast.stmt, names: set[str]) -> bool:
    """Whether a statement only uses classes and binds nothing, such as a registration."""
    match statement:
        case ast.Expr():
            pass
        case ast.Assign(targets=targets) if all(isinstance(t, ast.Attribute) for t in targets):
            pass
        case _:
            return False
    read = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return bool(read & names)
