"""Messages that local code would hide: primitives and computations inside plain definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.syntax.modules import PACKAGE, Module
from fadc.syntax.names import nodes, parameters


def federated_reference(module: Module, node: ast.expr) -> bool:
    """Whether a name or dotted name stands for a primitive or a computation."""
    name = module.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if name is None:
        return False
    if isinstance(node, ast.Name) and (node.id in module.computations or node.id in module.foreign):
        return True
    return module.primitive(node) is not None or name == f"{PACKAGE}.num_clients"


def hidden_primitive(module: Module, name: str) -> str | None:
    """The primitive that a plain module-level definition uses, itself or through another one."""
    waiting, seen = [name], {name}
    for each in waiting:
        if each not in module.uses:
            module.uses[each] = _uses(module, each)
        primitive, read = module.uses[each]
        if primitive is not None:
            return primitive
        waiting += [other for other in read if other not in seen]
        seen.update(read)
    return None


def _uses(module: Module, name: str) -> tuple[str | None, tuple[str, ...]]:
    """The first primitive in what a name is bound to, as written, and the names that stand there."""
    reads = [node for each in _definitions(module, name) for node in _reads(each)]
    found = (module.text.segment(node) for node in reads if federated_reference(module, node))
    read = dict.fromkeys(node.id for node in reads if isinstance(node, ast.Name))
    return next(found, None), tuple(read)


def _definitions(module: Module, name: str) -> list[ast.AST]:
    known = name in module.aggregators or name in module.computations
    return [] if known else module.definitions.get(name, [])


def _reads(definition: ast.AST) -> Iterator[ast.expr]:
    """The names and dotted names in a definition, those that it binds itself left out."""
    bound = parameters(definition) if isinstance(definition, ast.FunctionDef) else frozenset()
    for node in nodes(definition):
        if isinstance(node, ast.Attribute) or isinstance(node, ast.Name) and node.id not in bound:
            yield node
