"""Whether a call of a method changes what the module holds, judged by what the receiver is bound to.

A list's ``pop`` changes the list; the ``update`` of an optax optimizer returns what it computes and
changes nothing, as with all that is made for JAX.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import IntEnum

from fadc.syntax import names
from fadc.syntax.modules import Module

CONTAINERS_ALONE = frozenset(
    """
    append appendleft clear difference_update discard extend extendleft insert intersection_update
    move_to_end pop popitem popleft put_nowait remove rotate setdefault subtract
    symmetric_difference_update
    """.split()
)
"""Methods that change Python's containers and that neither arrays nor optimizers have."""

MUTATORS = CONTAINERS_ALONE | frozenset("add fill put reverse sort update".split())
"""All methods of Python's containers that change them."""

DISPLAYS = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
_VALUES = ast.Constant | ast.Tuple | ast.JoinedStr | ast.Lambda | ast.Compare | ast.UnaryOp
MAKERS = frozenset(
    """
    list dict set bytearray collections.defaultdict collections.deque collections.Counter
    collections.OrderedDict collections.ChainMap collections.UserDict collections.UserList array.array
    queue.Queue queue.LifoQueue queue.PriorityQueue queue.SimpleQueue types.SimpleNamespace
    threading.local weakref.WeakKeyDictionary weakref.WeakValueDictionary weakref.WeakSet
    """.split()
)
"""Functions of Python that make containers."""


class Change(IntEnum):
    """How certain it is that a call changes its receiver."""

    NONE = 0
    LIKELY = 1
    SURE = 2


@dataclass(frozen=True)
class Held:
    """What a name may be bound to: a ``container``, an ``item`` of one, an ``object`` of a class of the
    module, something of a ``library``, a ``value`` that nothing changes, or ``unknown``.
    """

    kind: str
    owner: Module | None = None
    definition: ast.ClassDef | None = None


_UNKNOWN, _CONTAINER, _ITEM = Held("unknown"), Held("container"), Held("item")
_LIBRARY, _VALUE = Held("library"), Held("value")


def change(module: Module, call: ast.Call, discarded: bool) -> Change:
    """Whether a call changes what a module-level name holds; ``discarded`` if nobody has its result."""
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
        return Change.NONE  # Of another module's part, nothing can be said by this name.
    found = _held_by(module, root.id, frozenset())
    if receiver is not root:
        found = {_part(each) for each in found}
    changes = [_verdict(each, method, discarded) for each in found]
    certain = min(changes, default=Change.NONE) is Change.SURE
    return Change.SURE if certain else min(max(changes, default=Change.NONE), Change.LIKELY)


def is_container(module: Module, node: ast.Name) -> bool:
    """Whether a module-level name is bound to Python's containers only."""
    if node.id not in module.names or not module.is_global(node):
        return False
    return {each.kind for each in _held_by(module, node.id, frozenset())} == {"container"}


def _part(held: Held) -> Held:
    """What an item or an attribute of something is."""
    if held.kind in ("container", "item"):
        return _ITEM
    return held if held.kind == "library" else _UNKNOWN


def _verdict(held: Held, method: str, discarded: bool) -> Change:
    if held.definition is not None and held.owner is not None:
        return _change_of_object(held.owner, held.definition, method, discarded)
    if method not in MUTATORS or held.kind == "value":
        return Change.NONE
    if held.kind == "container":
        return Change.SURE
    # A call whose result nobody has is made for its effect.
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
) -> tuple[dict[str, ast.FunctionDef], list[Held]]:
    """The methods of a class and of its bases in the module, and what the other bases are."""
    found: dict[str, ast.FunctionDef] = {}
    others: list[Held] = []
    classes = [definition]
    for each in classes:
        for method in each.body:
            if isinstance(method, ast.FunctionDef):
                found.setdefault(method.name, method)
        for base in each.bases:
            held = _made_by(module, base, frozenset(), {})
            known = [one.definition for one in held if one.definition is not None]
            classes += [one for one in known if one not in classes]
            others += [one for one in held if one.definition is None]
    return found, others


def _changing(methods: dict[str, ast.FunctionDef]) -> set[str]:
    """The methods that change their object, themselves or by others that they call on it."""
    found: set[str] = set()
    while True:
        more = {name for name, each in methods.items() if _changes_itself(each, found)} - found
        if not more:
            return found
        found |= more


def _changes_itself(method: ast.FunctionDef, changing: set[str]) -> bool:
    """Whether a method sets a part of its first parameter, or changes it or one in place."""
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
                if _verdict(_UNKNOWN, name, node in dropped):
                    return True
    return False


Local = dict[str, list[ast.expr]]
"""What the names of a function are assigned; nothing for what is not told by the text."""


def _held_by(module: Module, name: str, seen: frozenset[tuple[str, str]]) -> set[Held]:
    """What a module-level name may be bound to."""
    key = module.path, name
    if key in seen:
        return {_UNKNOWN}
    seen |= {key}
    if name in module.borrowed:
        return _held_by(*module.borrowed[name], seen)
    if name in module.imports:
        return {_LIBRARY}
    found: set[Held] = set()
    known = [each for each in module.definitions.get(name, ()) if isinstance(each, ast.expr)]
    for value in known:
        found |= _held(module, value, seen, {})
    return found if len(known) == module.names[name] else found | {_UNKNOWN}


def _held(
    module: Module, node: ast.expr, seen: frozenset[tuple[str, str]], local: Local
) -> set[Held]:
    """What an expression may give."""
    match node:
        case ast.Name() if not module.is_global(node):
            given = local.get(node.id, [])
            inner = {name: values for name, values in local.items() if name != node.id}
            return _union(module, given, seen, inner) or {_UNKNOWN}
        case ast.Name(id=name) if name in module.names:
            return _held_by(module, name, seen)
        case ast.Attribute() if names.root(node) in module.imports:
            return {_LIBRARY} if module.resolve(node) else {_UNKNOWN}
        case ast.Call(func=function):
            return _made_by(module, function, seen, local)
        case ast.IfExp(body=first, orelse=second):
            return _union(module, [first, second], seen, local)
        case ast.BoolOp(values=values):
            return _union(module, values, seen, local)
        case ast.BinOp(left=left, right=right):
            either = _union(module, [left, right], seen, local)
            return {_CONTAINER} if _CONTAINER in either else either
        case ast.NamedExpr(value=value):
            return _held(module, value, seen, local)
    if isinstance(node, DISPLAYS):
        return {_CONTAINER}
    return {_VALUE} if isinstance(node, _VALUES) else {_UNKNOWN}


def _union(
    module: Module, nodes: list[ast.expr], seen: frozenset[tuple[str, str]], local: Local
) -> set[Held]:
    return {held for node in nodes for held in _held(module, node, seen, local)}


def _made_by(
    module: Module, function: ast.expr, seen: frozenset[tuple[str, str]], local: Local
) -> set[Held]:
    """What a call of a function or a class gives."""
    dotted = module.resolve(function)
    if dotted in MAKERS and (dotted not in module.names or dotted in module.imports):
        return {_CONTAINER}
    if isinstance(function, ast.Attribute) and names.root(function) not in module.imports:
        made = _held(module, function.value, seen, local)  # `STORE.copy()`, `builder.make()`
        return {held if held.kind == "library" else _UNKNOWN for held in made}
    if dotted is not None and names.root(function) in module.imports:
        return {_LIBRARY}
    if not isinstance(function, ast.Name) or not module.is_global(function):
        return {_UNKNOWN}
    found: set[Held] = set()
    for each in module.definitions.get(function.id, ()):
        if isinstance(each, ast.ClassDef):
            found.add(Held("object", module, each))
        elif isinstance(each, ast.FunctionDef):
            found |= _returned(module, each, seen)
        else:
            found.add(_UNKNOWN)
    return found or {_UNKNOWN}


def _returned(
    module: Module, function: ast.FunctionDef, seen: frozenset[tuple[str, str]]
) -> set[Held]:
    """What a function of the module returns, as far as its text says so plainly."""
    key = module.path, f"{function.name}()"
    if key in seen:
        return {_UNKNOWN}
    local: Local = {}
    values: list[ast.expr] = []
    for node in names.nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                local.setdefault(name, []).append(value)
            case ast.Return(value=ast.expr() as value):
                values.append(value)
            case ast.Yield() | ast.YieldFrom() | ast.FunctionDef() if node is not function:
                return {_UNKNOWN}
    return _union(module, values, seen | {key}, local) or {_VALUE}
