"""The right-hand sides of emitted statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import call, keyword, name, tuple_, without_parentheses
from fadc.emit.code.templates import expression
from fadc.emit.computations.differentiated import differentiated, split_tangents
from fadc.emit.computations.scope import Scope
from fadc.emit.computations.server_builtins import server_builtin
from fadc.emit.computations.signature import aggregator_name
from fadc.emit.displays import display
from fadc.emit.functions.calls import builtin_name
from fadc.emit.functions.derived import derived_function
from fadc.emit.functions.primals import Derived
from fadc.emit.local_code import item_of, local_code, user_code
from fadc.ir import (
    Aggregate,
    Apply,
    Broadcast,
    Builtin,
    Call,
    Expression,
    Literal,
    Mapped,
    Node,
    Operation,
    Placement,
    Tree,
    Value,
    leaves,
    slots,
)
from fadc.ir.source_text import spelled


def tree_text(scope: Scope, tree: Tree) -> Any:
    """The expression of a tree of values."""
    if isinstance(tree, Value):
        return value_text(scope, tree)
    if isinstance(tree, Literal):
        return user_code(tree.source)
    if tree.kind == "rows":
        listed = scope.names.lists.get(next(leaves(tree)))
        if listed is not None and listed[1] == tree:
            return name(listed[0])
    return display(scope.context, tree, [tree_text(scope, child) for child in tree.children])


def value_text(scope: Scope, value: Value) -> Any:
    """The name of a value, or the expression that is written in its place."""
    maker = scope.uses.inlined.get(value)
    if maker is not None:
        return operation_text(scope, maker)
    if value in scope.names.lists:
        listed, rows = scope.names.lists[value]
        return _picked(rows, value, name(listed))
    return name(scope.names.values[value])


def operation_text(scope: Scope, operation: Operation) -> Any:
    """The right-hand side of an operation."""
    match operation:
        case Broadcast(values=values):
            return _message(scope, scope.context.name("fed.broadcast"), values)
        case Aggregate(aggregator=aggregator, values=values):
            return _message(scope, aggregator_name(scope.context, aggregator), values)
        case Call():
            return _call(scope, operation)
        case Apply(function=Builtin() as function, args=(argument,)) if function.name in _PARTS:
            return _part(scope, function, argument)
        case Apply(placement=Placement.CLIENTS):
            return _map(scope, operation)
        case Apply():
            return _local(scope, operation)
    raise AssertionError(operation)


_PARTS = ("item", "pack", "unpack", "as_tape", "reverse_tape")
"""The builtins that take values apart and put them together, at any placement."""


def _part(scope: Scope, function: Builtin, argument: Tree) -> Any:
    whole = tree_text(scope, argument)
    if function.name == "item":
        return item_of(function.detail, whole)
    if function.name == "reverse_tape":
        whole = call(scope.context.python("reversed"), whole)
    if function.name.endswith("_tape"):
        return call(scope.context.python("list"), whole)
    return whole


def _message(scope: Scope, function: Any, values: Sequence[Tree]) -> Any:
    """``fed.broadcast(a)``, ``fed.mean((a, b))``."""
    sent = [tree_text(scope, value) for value in values]
    return call(function, sent[0] if len(sent) == 1 else tuple_(sent))


def _call(scope: Scope, operation: Call) -> Any:
    """The call of another computation; what agrees with a default is left out."""
    callee = scope.signatures[operation.computation]
    args: list[Any] = []
    for index, (parameter, tree) in enumerate(zip(callee.parameters, operation.args, strict=True)):
        if parameter.default is not None and isinstance(tree, Literal):
            if spelled(tree.source) == spelled(parameter.default):
                continue
        value = tree_text(scope, tree)
        by_name = parameter.keyword_only or len(args) < index
        args.append(keyword(parameter.name, value) if by_name else value)
    function = scope.context.use(scope.context.computation_name(operation.computation))
    return call(function, *args)


# Mapped functions ------------------------------------------------------------------------------


def _map(scope: Scope, operation: Apply) -> Any:
    """``fed.map(f, a, b, n=n)``."""
    function = operation.function
    if isinstance(function, Derived):
        derived = derived_function(scope.context, operation)
        return _mapped(scope, name(derived.name), derived.args, derived.keywords)
    if isinstance(function, Mapped):
        return _mapped_primal(scope, function, operation)
    assert isinstance(function, Builtin)
    return _mapped(scope, builtin_name(scope.context, function), operation.args, ())


def _mapped(
    scope: Scope, function: Any, args: Sequence[Tree], statics: Sequence[tuple[str, Tree]]
) -> Any:
    keywords = [keyword(word, tree_text(scope, tree)) for word, tree in statics]
    values = [tree_text(scope, arg) for arg in args]
    return call(scope.context.name("fed.map"), function, *values, *keywords)


def _mapped_primal(scope: Scope, function: Mapped, operation: Apply) -> Any:
    """A primal mapped function: its text, with the current names of what it captures."""
    count = len(operation.args) - len(function.captures) - len(function.keywords)
    args, rest = operation.args[:count], operation.args[count:]
    captured = {word: tree_text(scope, t) for word, t in zip(function.captures, rest, strict=False)}
    text = local_code(scope.context, function.source, operation.span.path, captured)
    statics = zip(function.keywords, rest[len(function.captures) :], strict=True)
    return _mapped(scope, text, args, list(statics))


# At the server ---------------------------------------------------------------------------------


def _local(scope: Scope, operation: Apply) -> Any:
    """An expression at the server, or a static one."""
    function = operation.function
    if isinstance(function, Builtin):
        args = [tree_text(scope, arg) for arg in operation.args]
        return server_builtin(scope.context, function, operation, args)
    if isinstance(function, Expression):
        args = [tree_text(scope, arg) for arg in operation.args]
        values = dict(zip(function.parameters, args, strict=True))
        return local_code(scope.context, function.source, operation.span.path, values)
    own, tangents = split_tangents(operation)
    texts = [tree_text(scope, leaf) for leaf in slots(own)]
    return differentiated(scope, operation, texts, [tree_text(scope, dot) for dot in tangents])


def _picked(rows: Node, value: Value, source: Any) -> Any:
    """The comprehension that takes one column out of rows: ``[item for item, _ in rows]``."""
    (row,) = rows.children
    target = without_parentheses(_row_target(row, value))
    template = "[$item for $target in $rows]"
    return expression(template, item=_item(row, value), target=target, rows=source)


def _row_target(tree: Tree, value: Value) -> Any:
    """The names of the parts of a row, of which one is read."""
    if isinstance(tree, Node) and tree.kind != "rows":
        return tuple_([_row_target(child, value) for child in tree.children])
    return name("item" if value in leaves(tree) else "_")


def _item(tree: Tree, value: Value) -> Any:
    """A column of one row: the item itself, or that of a list inside it."""
    found: Any = name("item")
    for child in getattr(tree, "children", ()):
        if isinstance(child, Node) and value in leaves(child):
            found = _picked(child, value, found) if child.kind == "rows" else _item(child, value)
    return found
