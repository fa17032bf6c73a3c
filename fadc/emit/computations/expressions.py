"""The right-hand sides of emitted statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import (
    call,
    keyword,
    name,
    number,
    subscript,
    text,
    tuple_,
    without_parentheses,
)
from fadc.emit.code.templates import expression
from fadc.emit.computations.differentiated import differentiated, split_tangents
from fadc.emit.computations.emission import Emission
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


def tree_text(emission: Emission, tree: Tree) -> Any:
    """The expression of a tree of values."""
    if isinstance(tree, Value):
        return value_text(emission, tree)
    if isinstance(tree, Literal):
        return user_code(tree.source)
    if tree.kind == "rows":
        listed = emission.names.lists.get(next(leaves(tree)))
        if listed is not None and listed[1] == tree:
            return name(listed[0])
    return display(emission.context, tree, [tree_text(emission, child) for child in tree.children])


def value_text(emission: Emission, value: Value) -> Any:
    """The name of a value, or its expression if it is written in place."""
    maker = emission.uses.inlined.get(value)
    if maker is not None:
        return operation_text(emission, maker)
    if value in emission.names.lists:
        listed, rows = emission.names.lists[value]
        return _picked(rows, value, name(listed))
    return name(emission.names.values[value])


def operation_text(emission: Emission, operation: Operation) -> Any:
    """The right-hand side of an operation."""
    match operation:
        case Broadcast(values=values):
            return _message(emission, emission.context.name("fed.broadcast"), values)
        case Aggregate(aggregator=aggregator, values=values):
            return _message(emission, aggregator_name(emission.context, aggregator), values)
        case Call():
            return _call(emission, operation)
        case Apply(function=Builtin() as function, args=(argument,)) if function.name in _PARTS:
            return _part(emission, function, argument)
        case Apply(placement=Placement.CLIENTS):
            return _map(emission, operation)
        case Apply():
            return _local(emission, operation)
    raise AssertionError(operation)


_PARTS = ("item", "pack", "unpack", "as_tape", "reverse_tape")
"""The builtins that take containers apart and build them, at any placement."""


def _part(emission: Emission, function: Builtin, argument: Tree) -> Any:
    whole = tree_text(emission, argument)
    if function.name == "item":
        return item_of(function.detail, whole)
    if function.name == "reverse_tape":
        whole = call(emission.context.python("reversed"), whole)
    if function.name.endswith("_tape"):
        return call(emission.context.python("list"), whole)
    return whole


def _message(emission: Emission, function: Any, values: Sequence[Tree]) -> Any:
    """``fed.broadcast(a)``, ``fed.mean((a, b))``."""
    sent = [tree_text(emission, value) for value in values]
    return call(function, sent[0] if len(sent) == 1 else tuple_(sent))


def _call(emission: Emission, operation: Call) -> Any:
    """The call of another computation; arguments equal to their defaults are left out."""
    callee = emission.signatures[operation.computation]
    args: list[Any] = []
    for index, (parameter, tree) in enumerate(zip(callee.parameters, operation.args, strict=True)):
        if parameter.default is not None and isinstance(tree, Literal):
            if spelled(tree.source) == spelled(parameter.default):
                continue
        value = tree_text(emission, tree)
        by_name = parameter.keyword_only or len(args) < index
        args.append(keyword(parameter.name, value) if by_name else value)
    function = emission.context.use(emission.context.computation_name(operation.computation))
    return call(function, *args)


# Mapped functions ------------------------------------------------------------------------------


def _map(emission: Emission, operation: Apply) -> Any:
    """``fed.map(f, a, b, n=n)``."""
    function = operation.function
    if isinstance(function, Derived):
        derived = derived_function(emission.context, operation)
        return _mapped(emission, name(derived.name), derived.args, derived.keywords)
    if isinstance(function, Mapped):
        return _mapped_primal(emission, function, operation)
    assert isinstance(function, Builtin)
    return _mapped(emission, builtin_name(emission.context, function), operation.args, ())


def _mapped(
    emission: Emission, function: Any, args: Sequence[Tree], statics: Sequence[tuple[str, Tree]]
) -> Any:
    keywords = [keyword(word, tree_text(emission, tree)) for word, tree in statics]
    values = [tree_text(emission, arg) for arg in args]
    return call(emission.context.name("fed.map"), function, *values, *keywords)


def _mapped_primal(emission: Emission, function: Mapped, operation: Apply) -> Any:
    """A primal mapped function: its text, with the current names of the values that it captures."""
    count = len(operation.args) - len(function.captures) - len(function.keywords)
    args, rest = operation.args[:count], operation.args[count:]
    captured = {
        word: tree_text(emission, t) for word, t in zip(function.captures, rest, strict=False)
    }
    text = local_code(emission.context, function.source, operation.span.path, captured)
    statics = zip(function.keywords, rest[len(function.captures) :], strict=True)
    return _mapped(emission, text, args, list(statics))


# At the server ---------------------------------------------------------------------------------


def _local(emission: Emission, operation: Apply) -> Any:
    """A server expression, or a static one."""
    function = operation.function
    if isinstance(function, Builtin):
        args = [tree_text(emission, arg) for arg in operation.args]
        return server_builtin(emission.context, function, operation, args)
    if isinstance(function, Expression):
        args = [tree_text(emission, arg) for arg in operation.args]
        values = dict(zip(function.parameters, args, strict=True))
        return local_code(emission.context, function.source, operation.span.path, values)
    own, tangents = split_tangents(operation)
    texts = [tree_text(emission, leaf) for leaf in slots(own)]
    return differentiated(
        emission, operation, texts, [tree_text(emission, dot) for dot in tangents]
    )


def _picked(rows: Node, value: Value, source: Any) -> Any:
    """The comprehension that picks one column of rows: ``[item for item, _ in rows]``."""
    (row,) = rows.children
    target = without_parentheses(_row_target(row, value))
    template = "[$item for $target in $rows]"
    return expression(template, item=_item(row, value), target=target, rows=source)


def _row_target(row: Tree, value: Value) -> Any:
    """The target for a row of which one part is read; a dict counts as one part."""
    if isinstance(row, Node) and row.kind in ("tuple", "list"):
        return tuple_([_row_target(child, value) for child in row.children])
    return name("item" if value in leaves(row) else "_")


def _item(row: Tree, value: Value) -> Any:
    """A column of one row whose parts ``_row_target`` has named."""
    while isinstance(row, Node) and row.kind in ("tuple", "list"):
        row = next(child for child in row.children if value in leaves(child))
    found: Any = name("item")
    while isinstance(row, Node) and row.kind != "rows":
        index = next(i for i, child in enumerate(row.children) if value in leaves(child))
        found = subscript(found, text(row.keys[index]) if row.keys else number(index))
        row = row.children[index]
    return _picked(row, value, found) if isinstance(row, Node) else found
