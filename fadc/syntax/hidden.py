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
    while waiting:
        reads = [node for each in _definitions(module, waiting.pop()) for node in _reads(each)]
        for node in reads:
            if federated_reference(module, node):
                return module.text.segment(node)
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                waiting.append(node.id)
    return None


def _definitions(module: Module, name: str) -> list[ast.AST]:
    known = name in module.aggregators or name in module.computations
    return [] if known else module.definitions.get(name, [])


def _reads(definition: ast.AST) -> Iterator[ast.expr]:
    """The names and dotted names in a definition, those that it binds itself left out."""
    bound = parameters(definition) if isinstance(definition, ast.FunctionDef) else frozenset()
    for node in nodes(definition):
        if isinstance(node, ast.Attribute) or isinstance(node, ast.Name) and node.id not in bound:
            yield node
