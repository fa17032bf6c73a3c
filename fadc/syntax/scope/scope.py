"""The bindings of a computation's names while its statements are read."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fadc.ir import (
    Apply,
    Computation,
    Expression,
    Leaf,
    Operation,
    Placement,
    Tree,
    Value,
)
from fadc.span import Span
from fadc.syntax.modules.module import Module
from fadc.syntax.scope.bindings import (
    POISON,
    Binding,
    Conflict,
    Expired,
    InOneArm,
    ItemCount,
    Key,
    Made,
    Meanings,
    OpenTape,
)
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import root
from fadc.syntax.source.text import Located


@dataclass(frozen=True)
class Readers:
    """The functions that the reader of one construct calls for the constructs inside it."""

    expression: Callable[[Scope, ast.expr, Target, str], Tree]
    block: Callable[[Scope, list[ast.stmt]], None]


@dataclass
class Scope:
    """The state of reading one computation."""

    module: Module
    callees: dict[tuple[str, str], Computation]
    readers: Readers
    bindings: dict[str, Binding] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    appended: dict[str, tuple[Tree, Span]] = field(default_factory=dict)
    conditions: tuple[tuple[Key, bool], ...] = ()
    depth: int = 0
    unpackings: dict[str, Target] = field(default_factory=dict)
    local_names: frozenset[str] = frozenset()
    captured: dict[str, ast.expr] = field(default_factory=dict)
    negated: dict[Value, Value] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    function: ast.FunctionDef | None = None
    identifiers: set[str] = field(default_factory=set)
    lengths: dict[Value, ItemCount] = field(default_factory=dict)

    def inside(self) -> Scope:
        """A scope for an inner block: it sees the same names and collects its own operations."""
        return replace(self, bindings=dict(self.bindings), operations=[], appended={})

    def lower(self, node: ast.expr, target: Target = None, hint: str = "value") -> Tree:
        """Read an expression: emit its operations here and return the tree of its result."""
        return self.readers.expression(self, node, target, hint)

    def lower_block(self, statements: list[ast.stmt]) -> None:
        """Read statements in order."""
        self.readers.block(self, statements)

    def report(self, code: str, node: Located, **slots: object) -> Value:
        """Report a diagnostic and return a placeholder for the missing value.

        Nothing is reported for an expression with an undefined name, which has been reported.
        """
        if not (isinstance(node, ast.expr) and self.module.is_undefined(node)):
            self.module.report(code, node, **slots)
        return POISON

    def builtin(self, node: ast.expr) -> str | None:
        """The builtin of Python that an expression refers to here."""
        return None if root(node) in self.local_names else self.module.builtin(node)

    @staticmethod
    def report_nothing() -> Value:
        """The placeholder for an expression whose error has been reported already."""
        return POISON

    def span(self, node: Located) -> Span:
        return self.module.text.span(node)

    def emit(self, operation: Operation) -> None:
        self.operations.append(operation)

    def look_up(self, node: ast.Name) -> Tree | None:
        """The binding of a name; None if it is not a local of the computation."""
        found = self._look_up(node)
        if found is not None:
            self.meanings[node] = found
        return found

    def _look_up(self, node: ast.Name) -> Tree | None:
        binding = self.bindings.get(node.id)
        match binding:
            case None if node.id in self.local_names:
                return self.report("FAD118", node, name=node.id, reason="is not bound yet")
            case None:
                return None
            case OpenTape():
                self.bindings[node.id] = POISON
                return self.report(
                    "FAD114", node, tape=node.id, problem="is used before a loop has filled it"
                )
            case Conflict(code, where, slots):
                return self.report(code, where, **slots)
            case Expired(reason):
                return self.report("FAD118", node, name=node.id, reason=reason)
            case InOneArm(OpenTape()) if self.holds(binding):
                self.settle(node.id)
                return self._look_up(node)
            case InOneArm(tree, condition):
                if self.holds(binding) and not isinstance(tree, OpenTape):
                    return self._settled(node, tree) if isinstance(tree, Made) else tree
                reason = f"is bound in one branch of `if {condition[0]}` only"
                return self.report("FAD118", node, name=node.id, reason=reason)
            case Made():
                return self._settled(node, binding)
        return binding

    def holds(self, binding: InOneArm) -> bool:
        """Whether the condition under which a name is bound is known to hold."""
        return any(_same(k, binding.condition) and h == binding.holds for k, h in self.conditions)

    def settle(self, name: str) -> None:
        """Resolve a name that is bound in one arm, if the branch's condition is known here."""
        binding = self.bindings.get(name)
        if isinstance(binding, InOneArm) and self.holds(binding):
            self.bindings[name] = binding.tree

    def made(self, node: ast.Name) -> Made | None:
        """The object made from placed values that a name is bound to here; None for other names."""
        binding = self.bindings.get(node.id)
        if isinstance(binding, InOneArm) and self.holds(binding):
            binding = binding.tree
        return binding if isinstance(binding, Made) else None

    def _settled(self, node: ast.Name, made: Made) -> Tree:
        """An object in a place that requires a value."""
        if made.certain:
            return self.report("FAD137", node, name=node.id)
        value = Value(node.id, Leaf(Placement.SERVER), self.span(node))
        function = Expression(made.source, tuple(name for name, _ in made.arguments))
        args = tuple(tree for _, tree in made.arguments)
        self.emit(Apply(function, args, value, Placement.SERVER, value.span))
        return value


def _same(first: Key, second: Key) -> bool:
    """Whether two conditions are the same: one value, or one text over the same values."""
    if first[0].isidentifier() and second[0].isidentifier():
        return first[1] == second[1]
    return first == second
