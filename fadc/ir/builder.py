"""Building operations: a growing list, and the span and the sweep that new operations get."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Broadcast,
    Builtin,
    Function,
    Leaf,
    Operation,
    Placement,
    Sweep,
    Tape,
    Tree,
    Type,
    Value,
    placement,
)
from fadc.span import Span


@dataclass
class Builder:
    """Collects operations. ``span`` is the primal statement that they derive from."""

    span: Span
    sweep: Sweep = Sweep.REVERSE
    operations: list[Operation] = field(default_factory=list)

    def emit(self, operation: Operation) -> None:
        self.operations.append(operation)

    def emit_apply(
        self, function: Function, args: tuple[Tree, ...], result: Tree, where: Placement
    ) -> None:
        """A local computation with given results."""
        self.emit(Apply(function, args, result, where, self.span, self.sweep))

    def value(self, name: str, type_: Type, anonymous: bool = False) -> Value:
        return Value(name, type_, self.span, anonymous, derived=True)

    @contextmanager
    def collecting(self) -> Iterator[list[Operation]]:
        """Collect the operations made inside the context in a separate list."""
        outer, self.operations = self.operations, []
        inner = self.operations
        try:
            yield inner
        finally:
            self.operations = outer

    def apply(
        self,
        function: Function,
        args: tuple[Tree, ...],
        name: str,
        where: Placement,
        type_: Type | None = None,
    ) -> Value:
        """A local computation with one result, which is emitted in place where it is used once."""
        result = self.value(name, type_ or Leaf(where), anonymous=True)
        self.emit_apply(function, args, result, where)
        return result

    def broadcast(self, value: Value, name: str) -> Value:
        array = value.type.array if isinstance(value.type, Leaf) else None
        result = self.value(name, Leaf(Placement.CLIENTS, array))
        self.emit(Broadcast((value,), (result,), self.span, self.sweep))
        return result

    def aggregate(self, aggregator: Aggregator, value: Tree, name: str) -> Value:
        array = (
            value.type.array if isinstance(value, Value) and isinstance(value.type, Leaf) else None
        )
        result = self.value(name, Leaf(Placement.SERVER, array), anonymous=True)
        self.emit(Aggregate(aggregator, (value,), (result,), self.span, self.sweep))
        return result

    def add(self, values: list[Value], name: str) -> Value:
        """The sum of values of one placement."""
        total = values[0]
        for value in values[1:]:
            type_ = total.type if isinstance(total.type, Tape) or total.type == value.type else None
            where = placement(total.type)
            result = self.value(name, type_ or Leaf(where))
            self.emit_apply(Builtin("add"), (total, value), result, where)
            total = result
        return total

    def cast_like(self, value: Value, like: Value) -> Value:
        """A tangent or a cotangent in the dtype of its primal."""
        where = placement(like.type)
        return self.apply(Builtin("cast_like"), (value, like), value.name, where, value.type)

    def zeros_like(self, value: Value, name: str) -> Value:
        """The zero tangent or cotangent of a value."""
        return self.apply(Builtin("zeros_like"), (value,), name, placement(value.type), value.type)
