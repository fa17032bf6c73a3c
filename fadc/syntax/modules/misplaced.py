"""Computations and aggregators that are declared where the compiler does not look for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.syntax.modules.module import PACKAGE, PRIMITIVES, Module, decoration, name_of
from fadc.syntax.source.blocks import top_level
from fadc.syntax.source.names import parts

_BLOCKS: tuple[tuple[type[ast.stmt] | tuple[type[ast.stmt], ...], str], ...] = (
    ((ast.FunctionDef, ast.AsyncFunctionDef), "a function"),
    (ast.ClassDef, "a class"),
    ((ast.With, ast.AsyncWith), "a `with` block"),
    ((ast.For, ast.AsyncFor, ast.While), "a loop"),
    (ast.Match, "a `match` statement"),
)


def find_misplaced(module: Module) -> None:
    """Report declarations below module level, and computations without a decorated definition."""
    _find_hiding_stars(module)
    nodes = list(_nodes(module.tree))
    marks = _marks(module)
    read = {id(value) for name, value in module.aliases.items() if module.names[name] == 1}
    for node, where in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorator = decoration(module, node)
            read.add(id(decorator.func if isinstance(decorator, ast.Call) else decorator))
            if decorator is not None and where:
                module.report("FAD116", name_of(module, node), name=node.name, where=where)
        elif isinstance(node, ast.Call) and (where or id(node) not in read):
            if module.resolve(node.func) == f"{PACKAGE}.aggregator":
                problem = "is not at module level" if where else "is not assigned to one name"
                module.report("FAD125", node, problem=problem)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            if _last(node) not in marks or id(node) in read:
                continue
            if module.resolve(node) == f"{PACKAGE}.computation":
                module.report("FAD132", node, reference=module.text.segment(node))


def _find_hiding_stars(module: Module) -> None:
    """Report ``from numpy import *`` below an import of primitives, which it may replace."""
    brought: set[str] = set()
    for statement in top_level(module.tree.body):
        if not isinstance(statement, ast.ImportFrom) or statement.level:
            continue
        names = {alias.asname or alias.name: alias for alias in statement.names}
        if (statement.module or "").partition(".")[0] == PACKAGE:
            given = PRIMITIVES if "*" in names else names
            brought.update(name for name in given if module.primitive(ast.Name(name)))
        elif "*" in names and brought:
            likely = [name for name in ("mean", "sum", *sorted(brought)) if name in brought]
            module.report("FAD134", statement, package=statement.module, name=likely[0])


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """The nodes of a module, outer ones first, each with the unread block that it is in."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, where = waiting.pop()
        yield node, where
        children = parts(node)[::-1]
        within = _block(node, where) if isinstance(node, ast.stmt) else where
        if within == where:
            waiting += [(child, where) for child in children]
            continue
        decorators = {id(each) for each in getattr(node, "decorator_list", ())}
        waiting += [(child, where if id(child) in decorators else within) for child in children]


def _block(node: ast.stmt, where: str) -> str:
    """The kind of block that the statements inside a statement are in."""
    return next((what for kinds, what in _BLOCKS if isinstance(node, kinds)), where)


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _marks(module: Module) -> set[str]:
    """The last parts of the dotted names that may refer to ``fed.computation``."""
    imported = [*module.imports.items(), *((n.id, d) for n, d in module.scopes.locals.items() if d)]
    named = {name for name, dotted in imported if dotted.endswith(".computation")}
    return {"computation", *module.aliases, *named}
