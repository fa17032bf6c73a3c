"""``for`` loops: what they run over, what they carry, which tapes they fill."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from fadc.analyses.liveness import live_values
from fadc.ir import (
    Apply,
    Builtin,
    Carried,
    Leaf,
    Literal,
    Loop,
    Node,
    Placement,
    Source,
    Stack,
    Tape,
    Tree,
    Type,
    Value,
    all_leaves,
    leaves,
    placement,
)
from fadc.syntax.annotations import Declared, tape_of
from fadc.syntax.calls import conform, pack_value
from fadc.syntax.expressions import lower
from fadc.syntax.scope import (
    NONE_LEAF,
    Conflict,
    Expired,
    OpenTape,
    Partial,
    Scope,
    Target,
    assigned,
    declaration,
    declared_of,
    is_poisoned,
    new_tree,
    one_placement,
    word,
)

LOOP_LOCAL = Expired("is bound only inside a loop, which may run zero times")


@dataclass(frozen=True)
class _Iterable:
    """One iterable of a loop before its targets are named."""

    kind: str
    args: tuple[Tree, ...]
    item: Declared
    target: Target
    node: ast.expr
    reverse: bool = False


def lower_for(scope: Scope, node: ast.For) -> None:
    """Read a ``for`` loop."""
    if node.orelse:
        scope.report("FAD120", node.orelse[0], statement="else")
    iterables = _read_iterable(scope, node.iter, _target(node.target))
    if iterables is None:
        for name in assigned_names([node]):
            scope.bindings[name] = scope.report_nothing()
        return
    targets = target_names(_target(node.target))
    carried = [
        name
        for name in assigned_names(node.body)
        if isinstance(scope.bindings.get(name), Value | Node) and name not in targets
    ]
    _pack_opaque(scope, node, carried, iterables)
    _expire(scope, node)


def _pack_opaque(
    scope: Scope, node: ast.For, carried: list[str], iterables: list[_Iterable]
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
    """One reading of a loop's body under assumed types of the carried values."""

    def __init__(
        self, scope: Scope, node: ast.For, iterables: list[_Iterable], types: dict[str, Declared]
    ) -> None:
        self.scope, self.node, self.types = scope, node, types
        self.inner = scope.inside()
        self.inner.depth += 1
        self.params = {
            name: new_tree(declared, name, scope.span(_assignment(node.body, name) or node))
            for name, declared in types.items()
        }
        self.inner.bindings.update(self.params)
        self.sources = tuple(_source(self.inner, iterable) for iterable in iterables)
        self.results: dict[str, Tree] = {}
        self.joined: dict[str, Declared] = {}
        self.dropped: dict[str, Expired] = {}
        self.layouts: list[Tree] = []

    def read(self) -> bool:
        """Read the body; whether it must be read again under other types."""
        from fadc.syntax.statements import lower_block

        lower_block(self.inner, self.node.body)
        again = False
        for name, declared in self.types.items():
            result, joined = self._result(name, declared)
            self.results[name], self.joined[name] = result, joined
            again = again or joined != declared
        return again

    def _is_read(self, name: str) -> bool:
        """Whether the body reads what a name holds when an iteration starts."""
        needed = list(all_leaves(item for item, _ in self.inner.appended.values()))
        for other, binding in self.inner.bindings.items():
            if other != name and other in self.types and isinstance(binding, Value | Node):
                needed += leaves(binding)
        live = live_values(tuple(self.inner.operations), needed)
        return any(value in live for value in leaves(self.params[name]))

    def _is_rebound(self, name: str) -> bool:
        """Whether a name is used anew inside the loop, for something of another structure."""
        before, after = self.params[name], self.inner.bindings[name]
        tapes = any(isinstance(v.type, Tape) for v in all_leaves((before, after)))  # type: ignore[arg-type]
        return tapes and not self._is_read(name)

    def _result(self, name: str, declared: Declared) -> tuple[Tree, Declared]:
        binding = self.inner.bindings.get(name)
        if isinstance(binding, Partial | Expired | OpenTape | Conflict) and not self._is_read(name):
            self.dropped[name] = LOOP_LOCAL
            return self.scope.report_nothing(), declared
        if isinstance(binding, Partial | Expired | OpenTape | Conflict) or binding is None:
            reason = "is not bound on every path through the loop"
            return self.scope.report("FAD118", self.node, name=name, reason=reason), declared
        if is_poisoned(binding):
            return binding, declared
        joined = join(declared, declared_of(binding))
        if joined is None:
            if self._is_rebound(name):
                self.dropped[name] = LOOP_LOCAL
                return self.scope.report_nothing(), declared
            found = conform(self.inner, self.node, binding, declared)
            if found is not None:
                return found, declared
            if isinstance(self.params[name], Node) and one_placement(self.params[name]) is not None:
                return binding, declared_of(self._packed(name))
            first, second = declaration(self.params[name]), declaration(binding)
            where = _assignment(self.node.body, name) or self.node
            return self.scope.report(
                "FAD213", where, name=name, first=first, second=second
            ), declared
        return binding, joined

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
        """Emit the loop and bind what it leaves behind."""
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
        body = tuple(self.inner.operations)
        layouts = tuple(node for node in self.layouts if isinstance(node, Node))
        self.scope.emit(Loop(self.sources, tuple(carried), stacks, body, span, layouts=layouts))

    def _poison_tapes(self) -> None:
        """A tape that the body misuses is not reported again after the loop."""
        for name, binding in self.inner.bindings.items():
            if isinstance(self.scope.bindings.get(name), OpenTape) and isinstance(binding, Value):
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
            self.layouts.append(tape)
            columns = list(zip(flat(item), leaves(tape), strict=True))
            group = name if len(columns) > 1 else ""
            stacks += [Stack(part, column, group) for part, column in columns]
        return tuple(stacks)


def flat(tree: Tree) -> list[Tree]:
    """The leaves of a tree, literals among them."""
    if isinstance(tree, Node):
        return [leaf for child in tree.children for leaf in flat(child)]
    return [tree]


def join(first: Declared, second: Declared) -> Declared | None:
    """The declaration that covers both: a static value may become placed; None where they conflict."""
    if first == second or second == NONE_LEAF:
        return first
    if first == NONE_LEAF:
        return second
    if isinstance(first, Leaf) and isinstance(second, Leaf):
        return _join_leaves(first, second)
    if isinstance(first, Tape) and isinstance(second, Tape):
        item = join(first.item, second.item)
        return Tape(item) if isinstance(item, Leaf | Tape) else None
    if isinstance(first, Leaf | Tape) or isinstance(second, Leaf | Tape):
        return None
    from fadc.syntax.annotations import Structure

    assert isinstance(first, Structure) and isinstance(second, Structure)
    shape = (first.kind, first.keys, len(first.children))
    if shape != (second.kind, second.keys, len(second.children)):
        return None
    children = [join(a, b) for a, b in zip(first.children, second.children, strict=True)]
    if any(child is None for child in children):
        return None
    return Structure(
        first.kind, tuple(child for child in children if child is not None), first.keys
    )


def _join_leaves(first: Leaf, second: Leaf) -> Leaf | None:
    placed = [leaf for leaf in (first, second) if leaf.placement is not Placement.STATIC]
    if len({leaf.placement for leaf in placed}) > 1:
        return None
    if len(placed) == 1:
        return Leaf(placed[0].placement)
    if not placed:
        return Leaf(Placement.STATIC)
    a, b = first.array, second.array
    if a and b and a.differentiable and b.differentiable:
        return Leaf(first.placement, replace(a, dims=a.dims if a.dims == b.dims else None))
    return Leaf(first.placement)


def _target(node: ast.expr) -> Target:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_target(element) for element in node.elts)
    return None


def target_names(target: Target) -> list[str]:
    """The names in an assignment target."""
    if isinstance(target, tuple):
        return [name for part in target for name in target_names(part)]
    return [target] if target else []


def _read_iterable(scope: Scope, node: ast.expr, target: Target) -> list[_Iterable] | None:
    """The iterables of a ``for`` statement; None after a report."""
    callee = (
        node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
    )
    if callee in scope.bindings or callee in scope.module.names:
        callee = None
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


def _refuse(scope: Scope, node: ast.expr) -> None:
    text = " ".join(scope.module.text.segment(node).split())
    scope.report("FAD117", node, iterable=text if len(text) <= 60 else text[:57] + "…")


def _read_zip(scope: Scope, node: ast.Call, target: Target) -> list[_Iterable] | None:
    strict = [keyword for keyword in node.keywords if keyword.arg != "strict"]
    if strict or not node.args or (isinstance(target, tuple) and len(target) != len(node.args)):
        return _refuse(scope, node)
    found: list[_Iterable] = []
    for index, argument in enumerate(node.args):
        part = target[index] if isinstance(target, tuple) else None
        inner = _read_iterable(scope, argument, part)
        if inner is None:
            return None
        found += inner
    return found if isinstance(target, tuple) else _refuse(scope, node)


def _read_enumerate(scope: Scope, node: ast.Call, target: Target) -> list[_Iterable] | None:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    start = node.args[1] if len(node.args) == 2 else keywords.get("start")
    if not node.args or len(node.args) > 2 or not isinstance(target, tuple) or len(target) != 2:
        return _refuse(scope, node)
    inner = _read_iterable(scope, node.args[0], target[1])
    if inner is None:
        return None
    args: tuple[Tree, ...] = ()
    if start is not None:
        bound = _bound_of_range(scope, start)
        if bound is None:
            return None
        args = (bound,)
    count = _Iterable("count", args, Leaf(Placement.STATIC), target[0], node)
    return [count, *inner]


def _read_reversed(scope: Scope, node: ast.Call, target: Target) -> list[_Iterable] | None:
    if len(node.args) != 1 or node.keywords:
        return _refuse(scope, node)
    inner = _read_iterable(scope, node.args[0], target)
    if inner is None:
        return None
    if (
        any(iterable.kind == "count" for iterable in inner)
        or isinstance(target, tuple)
        and (len(inner) > 1 and not _is_rows(inner))
    ):
        return _refuse(scope, node)
    return [replace(iterable, reverse=not iterable.reverse) for iterable in inner]


def _is_rows(iterables: list[_Iterable]) -> bool:
    return len({id(iterable.node) for iterable in iterables}) == 1


def _read_range(scope: Scope, node: ast.Call, target: Target) -> list[_Iterable] | None:
    if not 1 <= len(node.args) <= 3 or node.keywords:
        return _refuse(scope, node)
    args = [_bound_of_range(scope, argument) for argument in node.args]
    bounds = tuple(arg for arg in args if arg is not None)
    if len(bounds) != len(args):
        return None
    return [_Iterable("range", bounds, Leaf(Placement.STATIC), target, node)]


def _bound_of_range(scope: Scope, node: ast.expr) -> Tree | None:
    counted = counts_clients(scope, node)
    if counted is not None:
        scope.report("FAD212", counted, where="a range")
        return None
    tree = lower(scope, node)
    if is_poisoned(tree):
        return None
    if one_placement(tree) is not Placement.STATIC:
        scope.report("FAD209", node, what="range", placement=word(tree))
        return None
    return tree


def counts_clients(scope: Scope, node: ast.expr) -> ast.expr | None:
    """A call of ``fed.num_clients`` inside an expression."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and scope.module.resolve(inner.func) == "fadc.num_clients":
            return inner
    return None


def _read_tape(scope: Scope, node: ast.expr, target: Target) -> list[_Iterable] | None:
    if not isinstance(node, ast.Name) or node.id not in scope.bindings:
        return _refuse(scope, node)
    tree = scope.look_up(node)
    if tree is None or is_poisoned(tree):
        return None
    if isinstance(tree, Value) and isinstance(tree.type, Tape):
        return [_Iterable("tape", (tree,), tree.type.item, target, node)]
    if isinstance(tree, Node) and tree.kind == "rows":
        return [_Iterable("tape", (tree,), _row(declared_of(tree.children[0])), target, node)]
    if one_placement(tree) is Placement.CLIENTS:
        scope.report("FAD210", node, name=node.id, operation="iterated over")
        return None
    return _refuse(scope, node)


def _row(declared: Declared) -> Declared:
    """The declaration of one row of a tape of tuples."""
    if isinstance(declared, Tape):
        return declared.item
    assert not isinstance(declared, Leaf)
    return replace(declared, children=tuple(_row(child) for child in declared.children))  # type: ignore[arg-type, type-var]


def _source(scope: Scope, iterable: _Iterable) -> Source:
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
    bind(scope, iterable.node, iterable.target, value)
    return Source(iterable.kind, iterable.args, value, iterable.reverse)


def bind(scope: Scope, node: ast.expr | ast.stmt, target: Target, tree: Tree) -> None:
    """Bind the names of a target to the parts of a tree, which is taken apart where it must be."""
    if target is None:
        return
    if isinstance(target, str):
        scope.bindings[target] = tree
        return
    if is_poisoned(tree):
        for name in target_names(target):
            scope.bindings[name] = tree
        return
    if isinstance(tree, Node) and tree.kind != "rows":
        if len(tree.children) != len(target):
            scope.report("FAD129", node, expected=len(target), found=len(tree.children))
            bind(scope, node, target, scope.report_nothing())
            return
        for part, child in zip(target, tree.children, strict=True):
            bind(scope, node, part, child)
        return
    if not isinstance(tree, Value) or isinstance(tree.type, Tape):
        name = tree.name if isinstance(tree, Value) else "rows"
        scope.report("FAD114", node, tape=name, problem="is taken apart otherwise than by a loop")
        bind(scope, node, target, scope.report_nothing())
        return
    parts = assigned(target, _opaque(tree.type), tree.span, tree.name)
    where = placement(tree.type)
    scope.emit(Apply(Builtin("unpack"), (tree,), parts, where, scope.span(node)))
    bind(scope, node, target, parts)


def _opaque(type_: Type) -> Leaf:
    return Leaf(placement(type_))


def assigned_names(statements: list[ast.stmt]) -> list[str]:
    """The names that statements assign, in order, those of lambdas and comprehensions left out."""
    found: dict[str, None] = {}
    for statement in statements:
        for node in ast.walk(statement):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
                targets = [node.target]
            for target in targets:
                found.update(dict.fromkeys(target_names(_target(target))))
    return list(found)


def _assignment(statements: list[ast.stmt], name: str) -> ast.expr | None:
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                return node
    return None


def _expire(scope: Scope, node: ast.For) -> None:
    """Names first bound inside the loop may not be used after it."""
    for name in assigned_names([node]):
        binding = scope.bindings.get(name)
        if binding is None or name in target_names(_target(node.target)):
            scope.bindings[name] = LOOP_LOCAL
