"""What names and expressions may be: containers, objects of the module, values of libraries."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from fadc.syntax.modules.module import Module
from fadc.syntax.source import names


@dataclass(frozen=True)
class Holding:
    """What a name may be bound to.

    A ``container``, an ``item`` of one, an ``object`` of a class of the module, something from a
    ``library``, a ``value`` that nothing changes, or ``unknown``.
    """

    kind: str
    owner: Module | None = None
    definition: ast.ClassDef | None = None


UNKNOWN = Holding("unknown")
CONTAINER = Holding("container")
ITEM = Holding("item")
LIBRARY = Holding("library")
VALUE = Holding("value")

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


Local = dict[str, list[ast.expr]]
"""The expressions assigned to a function's names; empty if the text does not show them."""


def held_by(module: Module, name: str, seen: frozenset[tuple[str, str]]) -> set[Holding]:
    """What a module-level name may be bound to."""
    key = module.path, name
    if key in seen:
        return {UNKNOWN}
    seen |= {key}
    if name in module.borrowed:
        return held_by(*module.borrowed[name], seen)
    if name in module.imports:
        return {LIBRARY}
    found: set[Holding] = set()
    known = [each for each in module.definitions.get(name, ()) if isinstance(each, ast.expr)]
    for value in known:
        found |= _held(module, value, seen, {})
    return found if len(known) == module.names[name] else found | {UNKNOWN}


def _held(
    module: Module, node: ast.expr, seen: frozenset[tuple[str, str]], local: Local
) -> set[Holding]:
    """The kind of object that an expression may give."""
    match node:
        case ast.Name() if not module.is_global(node):
            given = local.get(node.id, [])
            inner = {name: values for name, values in local.items() if name != node.id}
            return _union(module, given, seen, inner) or {UNKNOWN}
        case ast.Name(id=name) if name in module.names:
            return held_by(module, name, seen)
        case ast.Attribute() if names.root(node) in module.imports:
            return {LIBRARY} if module.resolve(node) else {UNKNOWN}
        case ast.Call(func=function):
            return made_by(module, function, seen, local)
        case ast.IfExp(body=first, orelse=second):
            return _union(module, [first, second], seen, local)
        case ast.BoolOp(values=values):
            return _union(module, values, seen, local)
        case ast.BinOp(left=left, right=right):
            either = _union(module, [left, right], seen, local)
            return {CONTAINER} if CONTAINER in either else either
        case ast.NamedExpr(value=value):
            return _held(module, value, seen, local)
    if isinstance(node, DISPLAYS):
        return {CONTAINER}
    return {VALUE} if isinstance(node, _VALUES) else {UNKNOWN}


def _union(
    module: Module, nodes: list[ast.expr], seen: frozenset[tuple[str, str]], local: Local
) -> set[Holding]:
    return {held for node in nodes for held in _held(module, node, seen, local)}


def made_by(
    module: Module, function: ast.expr, seen: frozenset[tuple[str, str]], local: Local
) -> set[Holding]:
    """The kind of object that a call of a function or a class gives."""
    dotted = module.resolve(function)
    if dotted in MAKERS and (dotted not in module.names or dotted in module.imports):
        return {CONTAINER}
    if isinstance(function, ast.Attribute) and names.root(function) not in module.imports:
        made = _held(module, function.value, seen, local)  # `STORE.copy()`, `builder.make()`
        return {held if held.kind == "library" else UNKNOWN for held in made}
    if dotted is not None and names.root(function) in module.imports:
        return {LIBRARY}
    if not isinstance(function, ast.Name) or not module.is_global(function):
        return {UNKNOWN}
    found: set[Holding] = set()
    for each in module.definitions.get(function.id, ()):
        if isinstance(each, ast.ClassDef):
            found.add(Holding("object", module, each))
        elif isinstance(each, ast.FunctionDef):
            found |= _returned(module, each, seen)
        else:
            found.add(UNKNOWN)
    return found or {UNKNOWN}


def _returned(
    module: Module, function: ast.FunctionDef, seen: frozenset[tuple[str, str]]
) -> set[Holding]:
    """The kind of object that a function of the module returns, as far as its text shows it."""
    key = module.path, f"{function.name}()"
    if key in seen:
        return {UNKNOWN}
    local: Local = {}
    values: list[ast.expr] = []
    for node in names.nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                local.setdefault(name, []).append(value)
            case ast.Return(value=ast.expr() as value):
                values.append(value)
            case ast.Yield() | ast.YieldFrom() | ast.FunctionDef() if node is not function:
                return {UNKNOWN}
    return _union(module, values, seen | {key}, local) or {VALUE}
