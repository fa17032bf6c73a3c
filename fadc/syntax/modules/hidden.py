"""Messages hidden in local code: primitives and computations inside plain definitions."""

from __future__ import annotations

import ast

from fadc.syntax.modules.module import PACKAGE, Module
from fadc.syntax.modules.reach import definitions, reached
from fadc.syntax.source.names import nodes


def federated_reference(module: Module, node: ast.expr) -> bool:
    """Whether a name or dotted name refers to a primitive or a computation."""
    name = module.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if name is None:
        return False
    if module.computation(node) is not None:
        return True
    return module.primitive(node) is not None or name == f"{PACKAGE}.num_clients"


def hidden_primitive(module: Module, name: str) -> str | None:
    """The primitive that a plain module-level definition uses, directly or through another one."""
    for each in reached(module, [name]):
        if each not in module.uses:
            module.uses[each] = _uses(module, each)
        if module.uses[each] is not None:
            return module.uses[each]
    return None


def _uses(module: Module, name: str) -> str | None:
    """The first primitive in the definition of a name, as written."""
    read = (node for each in definitions(module, name) for node in nodes(each))
    named = (node for node in read if isinstance(node, ast.Name | ast.Attribute))
    found = (node for node in named if federated_reference(module, node))
    return next((module.text.segment(node) for node in found), None)
