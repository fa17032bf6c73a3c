"""``for`` loops: their iterables, carried values, and tapes."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import (
    Apply,
    Carried,
    Literal,
    Loop,
    Node,
    Placement,
    Stack,
    Tree,
    Value,
    all_leaves,
    leaves,
    pack,
)
from fadc.ir.liveness import live_values, without
from fadc.syntax.scope.bindings import Conflict, Expired, InOneArm, Made
from fadc.syntax.scope.fitting import conform, pack_value, taken_apart
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import read_target, remember_bound
from fadc.syntax.scope.trees import (
    declaration,
    declared_of,
    flat,
    is_poisoned,
    new_tree,
    one_placement,
)
from fadc.syntax.source.bound_names import assigned_names, assignment_of, target_names, target_of
from fadc.syntax.statements.iterables import Iterable, read_iterable, source_of
from fadc.syntax.types.declared import Declared, join_declared, tape_of

LOOP_LOCAL = Expired("is bound only inside a loop, which may run zero times")
BOUND_ANEW = Expired("is bound in another way before a loop that binds it anew")


def lower_for(scope: Scope, node: ast.For) -> None:
    """Read a ``for`` loop."""
    if node.orelse:
        scope.report("FAD120", scope.module.text.keyword("else", node.orelse), statement="else")
    target = read_target(scope, node.target)
    iterables = read_iterable(scope, node.iter, target) if target is not None else None
    if iterables is None:
        for name in assigned_names([node]):
            scope.bindings[name] = scope.report_nothing()
        return
    for name in assigned_names(node.body):
        scope.settle(name)
    targets = target_names(target_of(node.target))
    carried = [
        name
        for name in assigned_names(node.body)
        if isinstance(scope.bindings.get(name), Value | Node) and name not in targets
    ]
    _pack_opaque(scope, node, carried, iterables)
    _expire(scope, node)


def _pack_opaque(
    scope: Scope, node: ast.For, carried: list[str], iterables: list[Iterable]
) -> None:
    """Read the body until the types of the carried values no longer change."""
    types = {name: declared_of(_bound(scope, name)) for name in carried}
    for _ in range(4):
        reported = len(scope.module.reports)
        attempt = _Attempt(scope, node, iterables, types)
        if not attempt.read():
            attempt.finish()
            return
        del scope.module.reports[reported:]
        types = attempt.joined
    attempt.finish()


def _bound(scope: Scope, name: str) -> Tree:
    binding = scope.bindings[name]
    assert isinstance(binding, Value | Node | Literal)
    return binding


class _Attempt:
    """One reading of a loop's body, with assumed types of the carried values."""

    def __init__(
        self, scope: Scope, node: ast.For, iterables: list[Iterable], types: dict[str, Declared]
    ) -> None:
        self.scope, self.node, self.types = scope, node, types
        self.length = next(each.length for each in iterables if each.kind != "count")
        self.inner = scope.inside()
        self.inner.depth += 1
        self.params = {
            name: new_tree(declared, name, scope.span(assignment_of(node.body, name) or node))
            for name, declared in types.items()
        }
        self.inner.bindings.update(self.params)
        for name in assigned_names(node.body):
            if isinstance(scope.bindings.get(name), InOneArm | Made):
                self.inner.bindings[name] = BOUND_ANEW
        self.sources = tuple(source_of(self.inner, iterable) for iterable in iterables)
        remember_bound(self.inner, node.target)
        self.results: dict[str, Tree] = {}
        self.joined: dict[str, Declared] = {}
        self.dropped: dict[str, Expired | Conflict] = {}
        self.layouts: list[Tree] = []

    def read(self) -> bool:
        """Read the body; returns whether it must be read again with other types."""
        self.inner.lower_block(self.node.body)
        again = False
        for name, declared in self.types.items():
            result, joined = self._result(name, declared)
            self.results[name], self.joined[name] = result, joined
            again = again or joined != declared
        return again

    def _is_read(self, name: str, itself: bool = False) -> bool:
        """Whether the body reads a name's value from the start of an iteration.

        ``itself`` counts reads for the name's own next value, too.
        """
        needed = list(all_leaves(item for item, _ in self.inner.appended.values()))
        for other, binding in self.inner.bindings.items():
            wanted = other in self.types and (itself or other != name)
            if wanted and isinstance(binding, Value | Node):
                needed += leaves(binding)
        live = live_values(tuple(self.inner.operations), needed)
        return any(value in live for value in leaves(self.params[name]))

    def _result(self, name: str, declared: Declared) -> tuple[Tree, Declared]:
        binding = self.inner.bindings.get(name)
        other = binding is None or not isinstance(binding, Value | Node | Literal)
        if binding is not None and other and not self._is_read(name):
            self.dropped[name] = LOOP_LOCAL
            return self.scope.report_nothing(), declared
        if binding is None or not isinstance(binding, Value | Node | Literal):
            reason = "is not bound on every path through the loop"
            return self.scope.report("FAD118", self.node, name=name, reason=reason), declared
        if is_poisoned(binding):
            return binding, declared
        joined = join_declared(declared, declared_of(binding))
        if joined is None:
            before = _bound(self.scope, name)
            apart = taken_apart(self.scope, before, binding)
            if apart != before:
                self.scope.bindings[name] = apart
                return binding, declared_of(apart)
            if isinstance(before, Node) and one_placement(pack(before, binding)) is not None:
                return binding, declared_of(self._packed(name))
            found = conform(self.inner, self.node, binding, declared)
            if found is not None:
                return found, declared
            if not self._is_read(name, itself=True):
                self.dropped[name] = self._conflict(name, binding)
                return self.scope.report_nothing(), declared
            conflict = self._conflict(name, binding)
            return self.scope.report(conflict.code, conflict.node, **conflict.slots), declared
        return binding, joined

    def _conflict(self, name: str, after: Tree) -> Conflict:
        """A name that the loop rebinds incompatibly: an error where it is used."""
        first, second = declaration(self.params[name]), declaration(after)
        where = assignment_of(self.node.body, name) or self.node
        return Conflict("FAD213", where, {"name": name, "first": first, "second": second})

    def _packed(self, name: str) -> Value:
        before = _bound(self.scope, name)
        assert isinstance(before, Node)
        packed = pack_value(
            self.scope, self.node, before, one_placement(before) or Placement.SERVER
        )
        self.scope.bindings[name] = packed = replace(packed, name=name)
        last = self.scope.operations[-1]
        assert isinstance(last, Apply)
        self.scope.operations[-1] = replace(last, result=packed)
        return packed

    def finish(self) -> None:
        """Emit the loop and bind its results."""
        span = self.scope.span(self.node)
        carried: list[Carried] = []
        for name, param in self.params.items():
            if name in self.dropped:
                self.scope.bindings[name] = self.dropped[name]
                continue
            if is_poisoned(self.results[name]):
                self.scope.bindings[name] = self.scope.report_nothing()
                continue
            before = _bound(self.scope, name)
            output = new_tree(declared_of(param), name, span)
            self.scope.bindings[name] = output
            carried += [
                Carried(*parts)  # type: ignore[arg-type]
                for parts in zip(
                    flat(before), flat(param), flat(self.results[name]), flat(output), strict=True
                )
            ]
        self._poison_tapes()
        stacks = self._stacks()
        unbound = {v for name in self.dropped for v in leaves(self.params[name])}
        body = without(tuple(self.inner.operations), unbound)
        layouts = tuple(node for node in self.layouts if isinstance(node, Node))
        self.scope.emit(Loop(self.sources, tuple(carried), stacks, body, span, layouts=layouts))

    def _poison_tapes(self) -> None:
        """Mark tapes that the body misuses, so that they are not reported again after the loop."""
        for name, binding in self.inner.bindings.items():
            if (
                name in self.scope.bindings
                and name not in self.params
                and isinstance(binding, Value)
            ):
                if is_poisoned(binding):
                    self.scope.bindings[name] = binding
                    self.inner.appended.pop(name, None)

    def _stacks(self) -> tuple[Stack, ...]:
        stacks: list[Stack] = []
        for name, (item, where) in self.inner.appended.items():
            if is_poisoned(item):
                self.scope.bindings[name] = item
                continue
            tape = new_tree(
                tape_of(declared_of(item)), name, where, self.scope.unpackings.get(name)
            )
            self.scope.bindings[name] = tape
            self.scope.lengths.update(dict.fromkeys(leaves(tape), self.length))
            self.layouts.append(tape)
            columns = list(zip(flat(item), leaves(tape), strict=True))
            group = name if isinstance(item, Node) else ""
            stacks += [Stack(part, column, group) for part, column in columns]
        return tuple(stacks)


def _expire(scope: Scope, node: ast.For) -> None:
    """Expire names that are first bound inside the loop: they may not be used after it."""
    for name in assigned_names([node]):
        binding = scope.bindings.get(name)
        if binding is None or name in target_names(target_of(node.target)):
            scope.bindings[name] = LOOP_LOCAL
        elif isinstance(binding, InOneArm | Made):
            scope.bindings[name] = BOUND_ANEW
