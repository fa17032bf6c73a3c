"""The primitives that a module uses, and those that its derivatives may use."""

from __future__ import annotations

import ast

PLAIN = frozenset({"sum", "mean", "weighted_mean"})
"""One upload mechanism: plain aggregation."""


def primitives(text: str) -> frozenset[str]:
    """`broadcast`, `plain`, and the declared aggregators that the computations of a module use."""
    tree = ast.parse(text)
    imported = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "fadc"
        for alias in node.names
    }
    modules = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "fadc"
    }
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_computation(node):
            found |= _used(node, imported, modules)
    return frozenset(found)


def _is_computation(node: ast.FunctionDef) -> bool:
    return any("computation" in ast.unparse(decorator) for decorator in node.decorator_list)


def _used(function: ast.FunctionDef, imported: dict[str, str], modules: set[str]) -> set[str]:
    """What one computation calls, and the mechanism that its decorator names."""
    local = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    local |= {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    found = set()
    for node in ast.walk(function):
        name = None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = node.attr if node.value.id in modules - local else None
        elif isinstance(node, ast.Name) and node.id not in local:
            name = imported.get(node.id, node.id if node.id.startswith("secure_") else None)
        if name is not None and (name in PLAIN or name == "broadcast" or name[:7] == "secure_"):
            found.add("plain" if name in PLAIN else name)
    return found


def foreign(source: str, derivative: str) -> frozenset[str]:
    """The primitives of a derivative that are neither the program's nor transposes of those.

    Uploads transpose to broadcasts; broadcasts transpose to an upload that the program uses or
    that its decorator names.
    """
    own = primitives(source)
    allowed = own | ({"broadcast"} if own - {"broadcast"} else set())
    return primitives(derivative) - allowed
