"""What module-level names lead to: their definitions, and the names that these read in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from fadc.syntax.modules.module import Module
from fadc.syntax.source import names
from fadc.syntax.source.blocks import top_level


def definitions(module: Module, name: str) -> list[ast.AST]:
    """What the module binds to a name, and what it does to it at once, as in ``f.defvjp(…)``."""
    if name in module.aggregators or name in module.computations:
        return []
    found = module.definitions.get(name, [])
    return [*found, *_additions(module.tree).get(name, ())] if found else []


@lru_cache(maxsize=16)
def _additions(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """The top-level statements that call a method of a name, or set a part of it."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in top_level(tree.body):
        match statement:
            case (
                ast.Expr(value=ast.Call(func=ast.Attribute() as target))
                | ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target])
            ):
                found.setdefault(names.owner(target) or "", []).append(statement)
    return found


def globals_in(module: Module, node: ast.AST) -> list[ast.Name]:
    """The names in a piece of code that are looked up at module level."""
    return [
        each for each in names.nodes(node) if isinstance(each, ast.Name) and module.is_global(each)
    ]


def reached(module: Module, roots: Iterable[str]) -> list[str]:
    """These names and all names that their definitions read, directly or through others."""
    found = dict.fromkeys(roots)
    waiting = list(found)
    for name in waiting:
        if name not in module.reads:
            read = (each for node in definitions(module, name) for each in globals_in(module, node))
            module.reads[name] = tuple(dict.fromkeys(each.id for each in read))
        new = [each for each in module.reads[name] if each not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return waiting
