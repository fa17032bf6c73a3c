"""Dictionaries with known keys: `class Metrics(TypedDict): …` and `TypedDict("Metrics", {…})`."""

from __future__ import annotations

import ast

from fadc.syntax.modules.module import Module

_MAKERS = ("typing.TypedDict", "typing_extensions.TypedDict")

Fields = dict[str, ast.expr]
"""The annotation of each key."""


def fields_of(module: Module, name: str, depth: int = 0) -> Fields | None:
    """The keys of the `TypedDict` that a module-level name is bound to; None for any other name.

    It is None, too, where a key may be missing (`total=False`).
    """
    definitions = module.definitions.get(name, [])
    if module.names.get(name) != 1 or len(definitions) != 1 or depth > len(module.names):
        return None
    match definitions[0]:
        case ast.Call(func=maker, args=[_, ast.Dict() as display], keywords=[]):
            return _fields_of_display(display) if _makes(module, maker) else None
        case ast.ClassDef(bases=[base], keywords=[], body=body):
            inherited = {} if _makes(module, base) else _inherited(module, base, depth)
            return None if inherited is None else {**inherited, **_fields_of_body(body)}
    return None


def _makes(module: Module, node: ast.expr) -> bool:
    return module.resolve(node) in _MAKERS


def _inherited(module: Module, base: ast.expr, depth: int) -> Fields | None:
    return fields_of(module, base.id, depth + 1) if isinstance(base, ast.Name) else None


def _fields_of_display(display: ast.Dict) -> Fields | None:
    keys = [key.value for key in display.keys if isinstance(key, ast.Constant)]
    if len(keys) < len(display.keys) or not all(isinstance(key, str) for key in keys):
        return None
    return {str(key): value for key, value in zip(keys, display.values, strict=True)}


def _fields_of_body(body: list[ast.stmt]) -> Fields:
    return {
        statement.target.id: statement.annotation
        for statement in body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
