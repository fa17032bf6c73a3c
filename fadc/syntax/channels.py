"""Messages through module state: a global that local code changes at one place and reads at another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.syntax import names
from fadc.syntax.effects import MUTATORS
from fadc.syntax.modules import Module
from fadc.syntax.targets import bound_names

Uses = dict[str, ast.Name | ast.Attribute]
"""The names, and the attributes of names, that a computation uses at one place, and where first."""


def report_channels(module: Module, node: ast.FunctionDef) -> None:
    """Report globals that pass values between the server and the clients unseen."""
    changes = module.changes = _all_changes(module) if module.changes is None else module.changes
    if not changes:
        return
    uses = {"clients": Uses(), "server": Uses()}
    for inner, at_clients in _names(module, node):
        label = module.text.segment(inner)
        uses["clients" if at_clients else "server"].setdefault(label, inner)
    for where, other in (("clients", "server"), ("server", "clients")):
        written = {
            name: writer
            for root in uses[other]
            for writer in _reachable(module, root)
            for name in changes.get(writer, ())
        }
        for root, place in uses[where].items():
            for reader in _reachable(module, root):
                # A function that reads what it changes itself remembers its own results.
                read = _reads(module, reader) - changes.get(reader, set())
                for name in sorted(read & written.keys()):
                    dotted = (use for use in uses[where] if use.startswith(f"{name}."))
                    label = next(dotted, node.name) if root == name else root
                    slots = {"name": name, "writer": written[name], "reader": label}
                    module.report("FAD216", place, where=where, other=other, **slots)


def _names(
    module: Module, node: ast.FunctionDef
) -> Iterator[tuple[ast.Name | ast.Attribute, bool]]:
    """The names in a computation, and whether each stands in a function that is mapped."""
    waiting: list[tuple[ast.AST, bool]] = [(each, False) for each in reversed(node.body)]
    while waiting:
        current, mapped = waiting.pop()
        if isinstance(current, ast.Name):
            yield current, mapped
        elif isinstance(current, ast.Attribute) and isinstance(current.value, ast.Name):
            yield current, mapped
        is_map = isinstance(current, ast.Call) and module.primitive(current.func) == "map"
        function = current.args[0] if isinstance(current, ast.Call) and current.args else None
        children = list(ast.iter_child_nodes(current))
        waiting += [(child, mapped or is_map and child is function) for child in reversed(children)]


def _all_changes(module: Module) -> dict[str, set[str]]:
    """The globals that each function, and each method of an object of the module, changes."""
    found = {name: _changes(module, name) for name in module.functions}
    return {name: changed for name, changed in found.items() if changed} | _changing_methods(module)


def _reachable(module: Module, root: str) -> list[str]:
    """A name and the functions of the module that it leads to."""
    found = [root]
    for name in found:
        for definition in module.definitions.get(name, ()):
            for node in ast.walk(definition):
                if isinstance(node, ast.Name) and node.id in module.definitions:
                    if node.id not in found:
                        found.append(node.id)
    return found


def _reads(module: Module, name: str) -> set[str]:
    """The globals that a function reads; those that it changes in place are read, too."""
    function = module.functions.get(name)
    if function is None:
        return {name}
    loads = (n for n in ast.walk(function) if isinstance(n, ast.Name))
    return {n.id for n in loads if isinstance(n.ctx, ast.Load)} - _own(function)


def _changes(module: Module, name: str) -> set[str]:
    """The globals that a function assigns or changes in place."""
    function = module.functions[name]
    declared, assigned, changed = set[str](), set[str](), set[str | None]()
    for node in names.nodes(function):
        match node:
            case ast.Global(names=listed):
                declared.update(listed)
            case ast.Name(id=bound, ctx=ast.Store()):
                assigned.add(bound)
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                changed.add(names.owner(node))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)):
                if method in MUTATORS or method == "append":
                    changed.add(owner)
    found = {each for each in changed | assigned & declared if each in module.names}
    found -= module.imports.keys()
    return {each for each in found if each} - _own(function) if found else set()


def _changing_methods(module: Module) -> dict[str, set[str]]:
    """Of objects that the module makes: their methods that set attributes, as ``model.update``."""
    found: dict[str, set[str]] = {}
    for name, value in module.aliases.items():
        made = module.resolve(value.func) if isinstance(value, ast.Call) else None
        for definition in module.definitions.get(made or "", ()):
            for method in definition.body if isinstance(definition, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef) and _sets_itself(method):
                    found[f"{name}.{method.name}"] = {name}
    return found


def _sets_itself(method: ast.FunctionDef) -> bool:
    """Whether a method other than a constructor sets what it is called on."""
    first = next(iter(names.positional(method)), None)
    return not method.name.startswith("__") and any(
        isinstance(node, ast.Attribute | ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and names.owner(node) == first
        for node in ast.walk(method)
    )


def _own(function: ast.FunctionDef) -> set[str]:
    """The names that are local to a function."""
    bound = {*names.parameters(function), *bound_names(function)}
    return bound - _declared_global(function) - {function.name}


def _declared_global(function: ast.FunctionDef) -> set[str]:
    statements = (n for n in names.nodes(function) if isinstance(n, ast.Global))
    return {name for each in statements for name in each.names}
