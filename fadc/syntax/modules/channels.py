"""Messages through module state: globals that local code changes here and reads there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.syntax.modules.module import Module
from fadc.syntax.modules.reach import globals_in, reached
from fadc.syntax.modules.receivers import change, change_by, is_container
from fadc.syntax.source import names

Uses = dict[str, ast.expr]
"""What a computation uses at one placement: names, attributes, calls; each with its first use."""

_CALL = "__call__"
_RUNS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def report_channels(module: Module, node: ast.FunctionDef) -> None:
    """Report globals that pass values between the server and the clients without a primitive."""
    uses = {"clients": Uses(), "server": Uses()}
    for label, inner, at_clients in _uses(module, node):
        uses["clients" if at_clients else "server"].setdefault(label, inner)
    for where, other in (("clients", "server"), ("server", "clients")):
        written = {
            name: writer.removesuffix(f".{_CALL}")
            for label in uses[other]
            for writer in _reachable(module, label)
            for name in _changes(module, writer)
        }
        for label, place in uses[where].items() if written else ():
            for reader in _reachable(module, label):
                # A function that reads only what it changes itself caches its results.
                read = _reads(module, reader) - _changes(module, reader)
                for name in sorted(read & written.keys()):
                    dotted = (use for use in uses[where] if _is_part(use, name))
                    told = next(dotted, node.name) if label == name else label
                    slots = {"name": name, "writer": written[name], "reader": told}
                    module.report("FAD216", place, where=where, other=other, **slots)


def _is_part(label: str, name: str) -> bool:
    return label.startswith(f"{name}.") and not label.endswith(_CALL)


def _uses(module: Module, node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr, bool]]:
    """The module's names that a computation uses, and whether each use is in a mapped function."""
    refused: set[ast.AST] = set()  # A container that is changed in place (FAD111).
    waiting: list[tuple[ast.AST, bool]] = [(each, False) for each in reversed(node.body)]
    while waiting:
        current, mapped = waiting.pop()
        owner = current.value if isinstance(current, ast.Attribute) else current
        known = isinstance(owner, ast.Name) and module.is_global(owner)
        if known and current not in refused:
            assert isinstance(current, ast.Name | ast.Attribute)
            yield module.text.segment(current), current, mapped
        is_map = isinstance(current, ast.Call) and module.primitive(current.func) == "map"
        function = current.args[0] if isinstance(current, ast.Call) and current.args else None
        called = function if is_map else current.func if isinstance(current, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            refused |= {called} if not is_map and is_container(module, called.value) else set()
        if isinstance(called, ast.Name) and module.is_global(called):
            yield f"{called.id}.{_CALL}", called, mapped or is_map
        children = list(ast.iter_child_nodes(current))
        waiting += [(child, mapped or is_map and child is function) for child in reversed(children)]


def _reachable(module: Module, label: str) -> list[str]:
    """The used names and the definitions of the module that they lead to."""
    if "." in label:
        return [label]
    return [label, *(each for each in reached(module, [label]) if each in module.definitions)]


def _changes(module: Module, label: str) -> set[str]:
    """The globals that a definition, or a method of an object of the module, changes."""
    if module.changes.get(label) is None:
        name, _, method = label.partition(".")
        if method:
            changes = change_by(module, ast.Name(name), method, discarded=False)
            module.changes[label] = {name} if changes else set()
        else:
            module.changes[label] = {
                each for code in _code(module, name) for each in _changed(module, code)
            }
    return module.changes[label]


def _code(module: Module, name: str) -> Iterator[ast.AST]:
    """The code that runs when a name of the module is called."""
    for definition in module.definitions.get(name, ()):
        inside = [definition] if isinstance(definition, _RUNS) else names.nodes(definition)
        yield from (each for each in inside if isinstance(each, _RUNS))


def _changed(module: Module, code: ast.AST) -> Iterator[str]:
    """The globals that a piece of code assigns or changes in place."""
    nodes = names.nodes(code)
    dropped = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                root: ast.expr = node
            case (
                ast.Subscript(ctx=ast.Store() | ast.Del())
                | ast.Attribute(ctx=ast.Store() | ast.Del())
            ):
                root = names.owner_node(node)
            case ast.Call(func=function) if change(module, node, node in dropped):
                root = names.owner_node(function)
            case _:
                continue
        if isinstance(root, ast.Name) and module.is_global(root) and root.id in module.names:
            if root.id not in module.imports or isinstance(node, ast.Call):
                yield root.id


def _reads(module: Module, label: str) -> set[str]:
    """The globals that a definition reads, including those that it changes in place."""
    if "." in label:
        return set()
    code = list(_code(module, label))
    if not code or label in module.aliases:
        return {label, *(n.id for each in code for n in globals_in(module, each))}
    return {n.id for each in code for n in globals_in(module, each) if isinstance(n.ctx, ast.Load)}
