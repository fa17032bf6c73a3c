"""Follows facts through the operations of computations, and reads their local code."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fadc.diagnostics import Diagnostic
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Computation,
    Expression,
    Literal,
    Loop,
    Mapped,
    Node,
    Operation,
    Placement,
    Tree,
    Value,
    leaves,
    results,
)
from fadc.lint.facts import (
    STATIC,
    UNKNOWN,
    Fact,
    Kind,
    combined,
    constant,
    display,
    element,
    everywhere,
    join,
    join_all,
    part_of,
    whole,
)
from fadc.lint.facts import leaves as leaves_of
from fadc.lint.frame import ITERATIONS, CallFrame, Session
from fadc.lint.leaks import Leaks
from fadc.lint.placed_facts import shared, typed
from fadc.lint.sites import Site
from fadc.syntax.computations import Reading
from fadc.syntax.modules.module import Module
from fadc.syntax.nodes import Nodes
from fadc.syntax.scope.trees import flat

_CONSTANTS = ("zeros_like", "ones_like")


@dataclass
class Programs:
    """Reads computations. ``nodes`` finds the syntax of each module's operations.

    ``figures`` are means of values that, at least in part, seem to have no derivative, such as
    counts.
    """

    reading: Reading
    session: Session
    nodes: dict[str, Nodes] = field(default_factory=dict)
    known: dict[tuple[str, bool, tuple[Fact, ...]], list[Fact]] = field(default_factory=dict)
    leaks: dict[str, Leaks] = field(default_factory=dict)
    figures: set[Value] = field(default_factory=set)

    def read(self, computation: Computation, arguments: Sequence[Fact]) -> list[Fact]:
        """The facts of the leaves of a computation's result, given those of its parameters."""
        key = computation.name, self.session.pushing, tuple(arguments)
        if key not in self.known:
            self.known[key] = self._read(computation, arguments)
        return self.known[key]

    def _read(self, computation: Computation, arguments: Sequence[Fact]) -> list[Fact]:
        module = self.reading.modules.get(computation.module)
        inputs = [v for parameter in computation.parameters for v in leaves(parameter.tree)]
        if module is None:
            return [combined(arguments, Kind.UNKNOWN) for _ in leaves(computation.result)]
        body = _ComputationBody(self, module, computation.name)
        for value, fact in zip(inputs, arguments, strict=True):
            body.set(value, fact)
        body.read(computation.block)
        return [body.fact(value) for value in leaves(computation.result)]

    def reach(self, module: Module, function: ast.expr, label: str) -> None:
        """Search all code that a mapped function leads to for messages."""
        self.leaks.setdefault(module.path, Leaks(module)).reach(function, label)

    def found(self) -> list[Diagnostic]:
        """The diagnostics found so far."""
        leaks = (each for leaks in self.leaks.values() for each in leaks.found())
        return list(dict.fromkeys([*self.session.found.values(), *leaks]))

    def nodes_of(self, module: Module) -> Nodes:
        if module.path not in self.nodes:
            self.nodes[module.path] = Nodes.of(module)
        return self.nodes[module.path]


@dataclass
class _ComputationBody:
    """One computation while it is read."""

    programs: Programs
    module: Module
    label: str
    facts: dict[Value, Fact] = field(default_factory=dict)

    def fact(self, tree: Tree) -> Fact:
        """The fact of a tree of values."""
        if isinstance(tree, Value):
            return self.facts.get(tree, UNKNOWN)
        if isinstance(tree, Literal):
            return STATIC
        if tree.kind in ("tuple", "list"):
            return display([self.fact(child) for child in tree.children])
        facts = [self.fact(child) for child in tree.children]
        return display(facts, tree.keys) if tree.kind == "dict" else whole(display(facts))

    def set(self, tree: Tree, fact: Fact) -> None:
        """Record the fact of a result; its type adds to what its code shows."""
        if isinstance(tree, Node):
            known = fact.parts if fact.parts and len(fact.parts) == len(tree.children) else None
            for index, child in enumerate(tree.children):
                self.set(child, known[index] if known else element(fact))
        elif isinstance(tree, Value):
            self.facts[tree] = replace(typed(tree, fact), borrowed=False, function=None)

    def read(self, block: Block) -> None:
        session = self.programs.session
        for operation in block:
            pushing = session.pushing
            session.pushing = pushing or operation in session.pushed
            self._read(operation)
            session.pushing = pushing

    def _read(self, operation: Operation) -> None:
        match operation:
            case Broadcast(values=values, results=found):
                for value, result in zip(values, found, strict=True):
                    self.set(result, everywhere(self.fact(value), shared))
            case Aggregate(values=values, results=found, aggregator=aggregator):
                for tree, result in zip(values, found, strict=True):
                    self.set(result, everywhere(self.fact(tree), shared))
                    parts = leaves_of(self.fact(tree))
                    if aggregator.like == "mean" and not all(part.active for part in parts):
                        self.programs.figures.add(result)
            case Apply():
                self.set(operation.result, self._apply(operation))
            case Call(computation=name, args=args):
                callee = self.programs.reading.program.computations[name]
                given = [self.fact(part) for tree in args for part in flat(tree)]
                made = self.programs.read(callee, given)
                for result, fact in zip(results(operation), made, strict=True):
                    self.set(result, fact)
            case Loop():
                self._loop(operation)
            case Branch(then=then, orelse=orelse, choices=choices):
                self.read(then)
                self.read(orelse)
                for choice in choices:
                    arms = [arm for arm in (choice.then, choice.orelse) if arm is not None]
                    self.set(choice.output, join_all(map(self.fact, arms)))

    def _loop(self, loop: Loop) -> None:
        """Read a loop's body until its facts no longer change."""
        for source in loop.sources:
            if source.kind == "tape":
                self.set(source.target, element(self.fact(source.args[0])))
            else:
                self.set(source.target, STATIC)
        for item in loop.carried:
            self.set(item.param, self.fact(item.init))
        for _ in range(ITERATIONS):
            before = [self.fact(item.param) for item in loop.carried]
            self.read(loop.body)
            for item in loop.carried:
                self.set(item.param, join(self.fact(item.param), self.fact(item.result)))
            if before == [self.fact(item.param) for item in loop.carried]:
                break
        for item in loop.carried:
            self.set(item.output, join(self.fact(item.init), self.fact(item.result)))
        for stack in loop.stacks:
            self.set(stack.tape, self.fact(stack.item))

    def _apply(self, operation: Apply) -> Fact:
        args = [self.fact(arg) for arg in operation.args]
        match operation.function:
            case Mapped() as function:
                return self._mapped(operation, function, args)
            case Expression() as function if operation.placement is Placement.SERVER:
                return self._expression(operation, function, args)
            case Builtin(name="unpack" | "pack"):
                return args[0] if len(args) == 1 else display(args)
            case Builtin(name=name) if name in _CONSTANTS:
                return constant(combined(args, Kind.UNKNOWN))
            case Builtin(name="item", detail=detail):
                key = detail.strip("[]").strip("'\"")
                return part_of(args[0], key) or element(args[0])
        kinds = {arg.kind for arg in args}
        kind = None if Kind.ARRAY in kinds or kinds <= {Kind.STATIC} else Kind.UNKNOWN
        kind = Kind.TREE if kinds <= {Kind.TREE, Kind.STATIC} and Kind.TREE in kinds else kind
        return combined(args, kind)

    def _mapped(self, operation: Apply, function: Mapped, args: list[Fact]) -> Fact:
        """The function given to ``fed.map``, called with the facts of client values."""
        node = self.programs.nodes_of(self.module).at(operation.span)
        if not isinstance(node, ast.Call) or not node.args:
            return combined(args, Kind.UNKNOWN)
        count = len(args) - len(function.captures) - len(function.keywords)
        captured = dict(zip(function.captures, args[count:], strict=False))
        keywords = dict(zip(function.keywords, args[count + len(captured) :], strict=True))
        frame = self._frame(captured, at_clients=True)
        self.programs.reach(self.module, node.args[0], frame.label)
        site = Site(
            node.args[0],
            tuple(replace(arg, borrowed=True) for arg in args[:count]),
            keywords,
            tuple(node.args[1:]),
        )
        result = frame.call(frame.evaluate(node.args[0]), site)
        shared = all(arg.shared for arg in args)
        return everywhere(result, lambda part: replace(part, shared=part.shared and shared))

    def _expression(self, operation: Apply, function: Expression, args: list[Fact]) -> Fact:
        """A server expression, with the facts of the values that its names are bound to."""
        node = self.programs.nodes_of(self.module).at(operation.span)
        together = combined(args, Kind.UNKNOWN)
        if isinstance(node, ast.stmt) or node is None:
            return combined(args)
        known = dict(zip(function.parameters, args, strict=True))
        frame = self._frame(known, at_clients=False)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id not in known:
                if not self.module.is_global(inner):
                    frame.names[inner.id] = together  # A part of a composite, written in place.
        frame.federated = together
        return frame.evaluate(node)

    def _frame(self, names: dict[str, Fact], at_clients: bool) -> CallFrame:
        return CallFrame(self.programs.session, self.module, at_clients, self.label, dict(names))
