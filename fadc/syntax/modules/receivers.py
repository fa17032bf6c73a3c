"""Whether a method call changes state of the module, judged by what its receiver is bound to.

A list's ``pop`` changes the list; the ``update`` of an optax optimizer returns its result and
changes nothing, like everything made for JAX.
"""

from __future__ import annotations

import ast
from enum import IntEnum

from fadc.syntax.modules.holdings import ITEM, UNKNOWN, Holding, held_by, made_by
from fadc.syntax.modules.module import Module
from fadc.syntax.source import names

CONTAINERS_ALONE = frozenset(
    """
    append appendleft clear difference_update discard extend extendleft insert intersection_update
    move_to_end pop popitem popleft put_nowait remove rotate setdefault subtract
    symmetric_difference_update
    """.split()
)
"""Methods that change Python's containers and that neither arrays nor optimizers have."""

MUTATORS = CONTAINERS_ALONE | frozenset("add fill put reverse sort update".split())
"""All methods that change Python's containers."""


class Change(IntEnum):
    """How certain it is that a call changes its receiver."""

    NONE = 0
    LIKELY = 1
    SURE = 2


def change(module: Module, call: ast.Call, discarded: bool) -> Change:
    """Whether a call changes the object of a module-level name; ``discarded`` if its result is."""
    if isinstance(call.func, ast.Name):
        return change_by(module, call.func, "__call__", discarded)
    if isinstance(call.func, ast.Attribute):
        return change_by(module, call.func.value, call.func.attr, discarded)
    return Change.NONE


def change_by(module: Module, receiver: ast.expr, method: str, discarded: bool) -> Change:
    """Whether a method changes its receiver, which is a module-level name or a part of one."""
    root = names.owner_node(receiver)
    if not isinstance(root, ast.Name) or root.id not in module.names or not module.is_global(root):
        return Change.NONE
    if receiver is not root and root.id in module.imports and root.id not in module.borrowed:
        return Change.NONE  # A part of another module: this name shows nothing about it.
    found = held_by(module, root.id, frozenset())
    if receiver is not root:
        found = {_part(each) for each in found}
    changes = [_verdict(each, method, discarded) for each in found]
    certain = min(changes, default=Change.NONE) is Change.SURE
    return Change.SURE if certain else min(max(changes, default=Change.NONE), Change.LIKELY)


def is_container(module: Module, node: ast.Name) -> bool:
    """Whether a module-level name is only ever bound to Python's containers."""
    if node.id not in module.names or not module.is_global(node):
        return False
    return {each.kind for each in held_by(module, node.id, frozenset())} == {"container"}


def _part(held: Holding) -> Holding:
    """What an item or an attribute of something may be."""
    if held.kind in ("container", "item"):
        return ITEM
    return held if held.kind == "library" else UNKNOWN


def _verdict(held: Holding, method: str, discarded: bool) -> Change:
    if held.definition is not None and held.owner is not None:
        return _change_of_object(held.owner, held.definition, method, discarded)
    if method not in MUTATORS or held.kind == "value":
        return Change.NONE
    if held.kind == "container":
        return Change.SURE
    # A call whose result is unused is made for its effect.
    effect = discarded or held.kind != "library" and method in CONTAINERS_ALONE
    if held.kind == "item" and effect:
        return Change.SURE
    return Change.LIKELY if effect else Change.NONE


def _change_of_object(
    module: Module, definition: ast.ClassDef, method: str, discarded: bool
) -> Change:
    """Whether a method of a class of the module changes the object that it is called on."""
    methods, bases = _methods(module, definition)
    if method == "__init__":
        return Change.NONE
    if method in methods:
        return Change.SURE if method in _changing(methods) else Change.NONE
    return max((_verdict(base, method, discarded) for base in bases), default=Change.NONE)


def _methods(
    module: Module, definition: ast.ClassDef
) -> tuple[dict[str, ast.FunctionDef], list[Holding]]:
    """The methods of a class and of its bases in the module, and its other bases."""
    found: dict[str, ast.FunctionDef] = {}
    others: list[Holding] = []
    classes = [definition]
    for each in classes:
        for method in each.body:
            if isinstance(method, ast.FunctionDef):
                found.setdefault(method.name, method)
        for base in each.bases:
            held = made_by(module, base, frozenset(), {})
            known = [one.definition for one in held if one.definition is not None]
            classes += [one for one in known if one not in classes]
            others += [one for one in held if one.definition is None]
    return found, others


def _changing(methods: dict[str, ast.FunctionDef]) -> set[str]:
    """The methods that change their object, directly or by methods that they call on it."""
    found: set[str] = set()
    while True:
        more = {name for name, each in methods.items() if _changes_itself(each, found)} - found
        if not more:
            return found
        found |= more


def _changes_itself(method: ast.FunctionDef, changing: set[str]) -> bool:
    """Whether a method sets a part of its first parameter, or changes that or a part in place."""
    first = next(iter(names.positional(method)), None)
    nodes = names.nodes(method)
    dropped = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        match node:
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ) if names.owner(node) == first:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if (
                owner == first
            ):
                if name in changing or name in MUTATORS and node in dropped:
                    return True
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if (
                names.owner(value) == first
            ):
                if _verdict(UNKNOWN, name, node in dropped):
                    return True
    return False
