"""The iterables of loops: ranges, tapes, and ``reversed``, ``enumerate`` and ``zip`` of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from fadc.ir import (
    Leaf,
    Node,
    Placement,
    Source,
    Tape,
    Tree,
    Value,
    leaves,
)
from fadc.ir.source_text import spelled
from fadc.syntax.expressions.references import find_client_count
from fadc.syntax.scope.bindings import ItemCount
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import bind, report_mismatch
from fadc.syntax.scope.trees import declared_of, is_poisoned, new_tree, one_placement, word
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import free_names
from fadc.syntax.types.declared import Declared, Structure


@dataclass(frozen=True)
class Iterable:
    """One iterable of a loop, with targets unbound; a count is as long as what it counts."""

    kind: str
    args: tuple[Tree, ...]
    item: Declared
    target: Target
    node: ast.expr
    length: ItemCount = None
    reverse: bool = False


def read_iterable(scope: Scope, node: ast.expr, target: Target) -> list[Iterable] | None:
    """The iterables of a ``for`` statement; None after a report."""
    callee = scope.builtin(node.func) if isinstance(node, ast.Call) else None
    starred = [each for each in getattr(node, "args", []) if isinstance(each, ast.Starred)]
    if callee is not None and starred:
        scope.report("FAD107", starred[0], what="argument")
        return None
    if callee == "zip":
        assert isinstance(node, ast.Call)
        return _read_zip(scope, node, target)
    if callee == "enumerate":
        assert isinstance(node, ast.Call)
        return _read_enumerate(scope, node, target)
    if callee == "reversed":
        assert isinstance(node, ast.Call)
        return _read_reversed(scope, node, target)
    if callee == "range":
        assert isinstance(node, ast.Call)
        return _read_range(scope, node, target)
    return _read_tape(scope, node, target)


def _refuse(scope: Scope, node: ast.expr) -> list[Iterable] | None:
    """Report an iterable that is outside the language."""
    scope.report("FAD117", node, iterable=scope.module.text.brief(node))
    return None


def _read_zip(scope: Scope, node: ast.Call, target: Target) -> list[Iterable] | None:
    strict = [keyword for keyword in node.keywords if keyword.arg != "strict"]
    if strict or not node.args or (isinstance(target, tuple) and len(target) != len(node.args)):
        return _refuse(scope, node)
    found: list[Iterable] = []
    for index, argument in enumerate(node.args):
        part = target[index] if isinstance(target, tuple) else None
        inner = read_iterable(scope, argument, part)
        if inner is None:
            return None
        found += inner
    if not isinstance(target, tuple):
        return _refuse(scope, node)
    if not _is_strict(node) and len({each.length for each in found if each.kind != "count"}) > 1:
        scope.report("FAD138", node, zip=scope.module.text.brief(node))
        return None
    return found


def _is_strict(node: ast.Call) -> bool:
    told = [each.value for each in node.keywords if each.arg == "strict"]
    return any(isinstance(each, ast.Constant) and each.value is True for each in told)


def _read_enumerate(scope: Scope, node: ast.Call, target: Target) -> list[Iterable] | None:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    start = node.args[1] if len(node.args) == 2 else keywords.get("start")
    if not node.args or len(node.args) > 2 or not isinstance(target, tuple) or len(target) != 2:
        return _refuse(scope, node)
    inner = read_iterable(scope, node.args[0], target[1])
    if inner is None:
        return None
    args: tuple[Tree, ...] = ()
    if start is not None:
        bound = _bound_of_range(scope, start, "start")
        if bound is None:
            return None
        args = (bound,)
    count = Iterable("count", args, Leaf(Placement.STATIC), target[0], node)
    return [count, *inner]


def _read_reversed(scope: Scope, node: ast.Call, target: Target) -> list[Iterable] | None:
    if len(node.args) != 1 or node.keywords:
        return _refuse(scope, node)
    inner = read_iterable(scope, node.args[0], target)
    if inner is None:
        return None
    if (
        any(iterable.kind == "count" for iterable in inner)
        or isinstance(target, tuple)
        and (len(inner) > 1 and not _is_rows(inner))
    ):
        return _refuse(scope, node)
    return [replace(iterable, reverse=not iterable.reverse) for iterable in inner]


def _is_rows(iterables: list[Iterable]) -> bool:
    return len({id(iterable.node) for iterable in iterables}) == 1


def _read_range(scope: Scope, node: ast.Call, target: Target) -> list[Iterable] | None:
    if not 1 <= len(node.args) <= 3 or node.keywords:
        return _refuse(scope, node)
    names = ("start", "stop", "step") if len(node.args) > 1 else ("steps",)
    pairs = zip(node.args, names, strict=False)
    args = [_bound_of_range(scope, argument, name) for argument, name in pairs]
    bounds = tuple(arg for arg in args if arg is not None)
    if len(bounds) != len(args):
        return None
    length = _length_of_range(scope, node.args)
    return [Iterable("range", bounds, Leaf(Placement.STATIC), target, node, length)]


def _length_of_range(scope: Scope, bounds: list[ast.expr]) -> ItemCount:
    """The length if it is known; else a key: the bounds' text and the values of names in it."""
    numbers = [_number(bound) for bound in bounds]
    known = [each for each in numbers if each is not None]
    if len(known) == len(bounds) and 0 not in known[2:]:
        return len(range(*known))
    texts = [spelled(scope.module.text.segment(bound)) for bound in bounds]
    names = [name for bound in bounds for name in free_names(bound)]
    return (tuple(texts), tuple(scope.bindings.get(name) for name in names))


def _number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if type(value) is int else None


def _bound_of_range(scope: Scope, node: ast.expr, name: str) -> Tree | None:
    """A bound of a range, under a ``name``, since derivatives use it more than once."""
    counted = find_client_count(scope, node)
    if counted is not None:
        scope.report("FAD212", counted, where="a range")
        return None
    tree = scope.lower(node, hint=name)
    if is_poisoned(tree):
        return None
    if one_placement(tree) is not Placement.STATIC:
        scope.report("FAD209", node, what="range", placement=word(tree))
        return None
    return tree


def _read_tape(scope: Scope, node: ast.expr, target: Target) -> list[Iterable] | None:
    if not isinstance(node, ast.Name) or node.id not in scope.bindings:
        return _refuse(scope, node)
    tree = scope.look_up(node)
    if tree is None or is_poisoned(tree):
        return None
    if isinstance(tree, Value) and isinstance(tree.type, Tape):
        return [Iterable("tape", (tree,), tree.type.item, target, node, length_of(scope, tree))]
    if isinstance(tree, Node) and tree.kind == "rows":
        if next(leaves(tree), None) is None:  # The number of empty items is not known.
            return _refuse(scope, node)
        item, length = _row(declared_of(tree.children[0])), length_of(scope, tree)
        return [Iterable("tape", (tree,), item, target, node, length)]
    if one_placement(tree) is Placement.CLIENTS:
        scope.report("FAD210", node, name=node.id, operation="iterated over")
        return None
    return _refuse(scope, node)


def length_of(scope: Scope, tape: Tree) -> ItemCount:
    """The length of a tape."""
    first = next(leaves(tape))
    return scope.lengths.get(first, first)


def _row(declared: Declared) -> Declared:
    """The declaration of one row of a tape of tuples."""
    if isinstance(declared, Tape):
        return declared.item
    assert isinstance(declared, Structure)
    return replace(declared, children=tuple(_row(child) for child in declared.children))


def source_of(scope: Scope, iterable: Iterable) -> Source:
    """The source of a loop, its targets bound in the scope of the body."""
    span = scope.span(iterable.node)
    tape = iterable.args[0] if iterable.kind == "tape" else None
    if isinstance(tape, Node):
        target = new_tree(iterable.item, "row", span, iterable.target)
        bind(scope, iterable.node, iterable.target, target)
        return Source("tape", (tape,), target, iterable.reverse)
    assert not isinstance(iterable.item, Value) and isinstance(iterable.item, Leaf | Tape)
    name = iterable.target if isinstance(iterable.target, str) else "item"
    value = Value(name, iterable.item, span)
    if isinstance(iterable.target, tuple) and iterable.kind != "tape":
        report_mismatch(scope, iterable.node, len(iterable.target), 1)
        bind(scope, iterable.node, iterable.target, scope.report_nothing())
    else:
        bind(scope, iterable.node, iterable.target, value)
    return Source(iterable.kind, iterable.args, value, iterable.reverse)
