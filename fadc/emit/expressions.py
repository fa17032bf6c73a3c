"""The right-hand sides of emitted statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from fadc.analyses.activity import inputs_of
from fadc.analyses.rows import groups
from fadc.emit.context import Context, fill
from fadc.emit.functions import builtin_call, derived_function, display, jvp, vjp
from fadc.emit.layout import parse
from fadc.emit.naming import Naming
from fadc.emit.reserved import reserved_names
from fadc.emit.signature import aggregator_name
from fadc.emit.uses import Uses, find_uses
from fadc.ir import (
    Accumulated,
    Aggregate,
    Apply,
    Block,
    Broadcast,
    Builtin,
    Call,
    Computation,
    Expression,
    Leaf,
    Linearized,
    Literal,
    Loop,
    Mapped,
    Node,
    Operation,
    Placement,
    Pushforward,
    Recomputed,
    Sweep,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    defined,
    is_array,
    leaves,
    slots,
    walk,
)
from fadc.ir.source_text import spelled
from fadc.syntax.source.names import free_names


class Expressions:
    """Writes expressions over the values of one computation, by the names that they have now."""

    def __init__(
        self, context: Context, computation: Computation, signatures: dict[str, Computation]
    ) -> None:
        self.context, self.computation, self.signatures = context, computation, signatures
        self.uses: Uses = find_uses(computation)
        own = set[str]().union(*(_own_names(each) for each in self._versions()))
        reserved = {*reserved_names(context, computation), *context.modules_used()}
        module = {*context.taken, *vars(builtins)}
        self.naming = Naming(self.uses, frozenset(reserved), frozenset(module), frozenset(own))
        self.unread = self.naming.unread(parameter.name for parameter in computation.parameters)
        self.groups: dict[Value, tuple[str, Node]] = {}
        self.known = groups(computation.block, (p.tree for p in computation.parameters))
        self.line: object = None
        self.extras: list[ast.stmt] = []
        self.wanted_lists: dict[Value, str] = {}
        self.in_loops = _defined_in_loops(computation.block)
        self.has_reverse = any(op.sweep is Sweep.REVERSE for op in computation.block)

    def _versions(self) -> list[Computation]:
        """The computation, and the one of the program that it is derived from."""
        where = self.computation.span
        return [self.computation, *(c for c in self.signatures.values() if c.span == where)]

    def tree(self, tree: Tree, position: int) -> ast.expr:
        """The text of a tree of values."""
        if isinstance(tree, Value):
            return self.value(tree, position)
        if isinstance(tree, Literal):
            return parse(tree.source)
        if tree.kind == "rows":
            columns = tuple(leaves(tree))
            group = self.groups.get(columns[0])
            if group is not None and group[1] == tree:
                return ast.Name(id=group[0])
        parts = [self.tree(child, position) for child in tree.children]
        return display(self.context, tree, parts)

    def value(self, value: Value, position: int) -> ast.expr:
        maker = self.uses.inlined.get(value)
        if maker is not None:
            return self.expression(maker, position)
        if value in self.groups:
            return self._column(value)
        return ast.Name(id=self.naming.names[value])

    def _column(self, value: Value) -> ast.expr:
        """One column of a list of tuples."""
        name, rows = self.groups[value]
        return _picked(rows, value, ast.Name(id=name))

    def expression(self, operation: Operation, position: int) -> ast.expr:
        """The right-hand side of an operation."""
        match operation:
            case Broadcast(values=values):
                return self._message(self.context.name("fed.broadcast"), values, position)
            case Aggregate(aggregator=aggregator, values=values):
                return self._message(aggregator_name(self.context, aggregator), values, position)
            case Call():
                return self._call(operation, position)
            case Apply(placement=Placement.CLIENTS):
                return self._map(operation, position)
            case Apply():
                return self._local(operation, position)
        raise AssertionError(operation)

    def _message(self, function: ast.expr, values: Sequence[Tree], position: int) -> ast.expr:
        sent = [self.tree(value, position) for value in values]
        argument = sent[0] if len(sent) == 1 else ast.Tuple(elts=sent)
        return ast.Call(func=function, args=[argument], keywords=[])

    def _call(self, operation: Call, position: int) -> ast.expr:
        callee = self.signatures[operation.computation]
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for parameter, tree in zip(callee.parameters, operation.args, strict=True):
            if isinstance(tree, Literal) and parameter.default is not None:
                if spelled(tree.source) == spelled(parameter.default):
                    continue
            value = self.tree(tree, position)
            if parameter.keyword_only or len(args) + len(keywords) < callee.parameters.index(
                parameter
            ):
                keywords.append(ast.keyword(arg=parameter.name, value=value))
            else:
                args.append(value)
        name = self.context.use(self.context.computation_name(operation.computation))
        return ast.Call(func=ast.Name(id=name), args=args, keywords=keywords)

    def _map(self, operation: Apply, position: int) -> ast.expr:
        function = operation.function
        if isinstance(function, Builtin) and function.name in ("item", "pack", "unpack"):
            return self._structural(function, operation, position)
        if isinstance(function, Builtin) and function.name in ("reverse_tape", "as_tape"):
            tape = self.tree(operation.args[0], position)
            return self._list(tape, reverse=function.name == "reverse_tape")
        keywords: list[ast.keyword] = []
        args: Sequence[Tree] = operation.args
        if isinstance(function, Pushforward | Linearized | Recomputed | Accumulated):
            derived = derived_function(self.context, operation)
            first: ast.expr = ast.Name(id=derived.name)
            args = derived.args
            keywords = [
                ast.keyword(arg=name, value=self.tree(tree, position))
                for name, tree in derived.keywords
            ]
        elif isinstance(function, Mapped):
            first, args, keywords = self._mapped(function, operation, position)
        else:
            assert isinstance(function, Builtin)
            module = "jnp" if function.name == "ones_like" else "fed"
            first = self.context.name(f"{module}.{function.name}")
        values = [self.tree(arg, position) for arg in args]
        return ast.Call(func=self.context.name("fed.map"), args=[first, *values], keywords=keywords)

    def _mapped(
        self, function: Mapped, operation: Apply, position: int
    ) -> tuple[ast.expr, Sequence[Tree], list[ast.keyword]]:
        """A primal mapped function: its text, with the current names of what it captures."""
        count = len(operation.args) - len(function.captures) - len(function.keywords)
        path = operation.span.path
        text = self.context.local_code(function.source, path, frozenset(function.captures))
        rest = operation.args[count:]
        filled = {
            name: self.tree(tree, position)
            for name, tree in zip(function.captures, rest, strict=False)
        }
        keywords = [
            ast.keyword(arg=name, value=self.tree(tree, position))
            for name, tree in zip(function.keywords, rest[len(function.captures) :], strict=True)
        ]
        return fill(text, filled) if filled else text, operation.args[:count], keywords

    def called(self, name: str, args: list[ast.expr]) -> ast.expr:
        """A call of a function of Python's own."""
        return ast.Call(func=self.context.python(name), args=args, keywords=[])

    def _list(self, tape: ast.expr, reverse: bool) -> ast.expr:
        return self.called("list", [self.called("reversed", [tape]) if reverse else tape])

    def _structural(self, function: Builtin, operation: Apply, position: int) -> ast.expr:
        (argument,) = operation.args
        tree = self.tree(argument, position)
        if function.name == "item":
            return fill(parse(f"value{function.detail}"), {"value": tree})
        return tree

    def _local(self, operation: Apply, position: int) -> ast.expr:
        function = operation.function
        if isinstance(function, Builtin):
            return self._builtin(function, operation, position)
        if isinstance(function, Expression):
            args = [self.tree(arg, position) for arg in operation.args]
            return self._text(function, operation.span.path, args)
        assert isinstance(function, Pushforward | Linearized)
        return self._differentiated(function, operation, position)

    def _text(self, function: Expression, path: str, args: list[ast.expr]) -> ast.expr:
        text = self.context.local_code(function.source, path, frozenset(function.parameters))
        return fill(text, dict(zip(function.parameters, args, strict=True)))

    def _builtin(self, function: Builtin, operation: Apply, position: int) -> ast.expr:
        """A builtin at the server, by plain operators where the operands are proven to be arrays."""
        if function.name in ("item", "pack", "unpack"):
            return self._structural(function, operation, position)
        args = [self.tree(arg, position) for arg in operation.args]
        if function.name in ("reverse_tape", "as_tape"):
            return self._list(args[0], reverse=function.name == "reverse_tape")
        if function.name == "segment_end":
            width = ast.Constant(value=int(function.detail))
            end = ast.BinOp(left=args[0], op=ast.Add(), right=width)
            return self.called("min", [end, args[1]])
        arrays = all(isinstance(arg, Value) and is_array(arg.type) for arg in operation.args)
        clients = ast.Call(func=self.context.name("fed.num_clients"), args=[], keywords=[])
        if function.name == "add" and arrays:
            return ast.BinOp(left=args[0], op=ast.Add(), right=args[1])
        if function.name == "scale" and arrays:
            return ast.BinOp(left=args[0], op=ast.Mult(), right=args[1])
        if function.name in ("vdot", "vdots"):
            return self._vdot(operation, args, stacked=function.name == "vdots")
        if function.name == "over_clients":
            return builtin_call(self.context, Builtin("divide"), [args[0], clients], arrays)
        if function.name == "times_clients":
            if arrays:
                return ast.BinOp(left=clients, op=ast.Mult(), right=args[0])
            return ast.Call(
                func=self.context.name("fed.scale"), args=[clients, args[0]], keywords=[]
            )
        return builtin_call(self.context, function, args, _is_proven(operation))

    def _vdot(self, operation: Apply, args: list[ast.expr], stacked: bool) -> ast.expr:
        """The inner product of a cotangent and a tangent, or each of a stack, of one value."""
        known = [v.type.array for v in all_leaves(operation.args) if isinstance(v.type, Leaf)]
        proven = [array.dims == () for array in known if array and array.differentiable]
        if any(proven):
            return ast.BinOp(left=args[0], op=ast.Mult(), right=args[1])
        inner = self.context.name("jnp.vdot" if proven else "fed.vdot")
        if not stacked:
            return ast.Call(func=inner, args=args, keywords=[])
        axes = ast.Tuple(elts=[ast.Constant(value=None), ast.Constant(value=0)])
        mapped = ast.Call(func=self.context.name("jax.vmap"), args=[inner, axes], keywords=[])
        return ast.Call(func=mapped, args=args, keywords=[])

    def _differentiated(
        self, function: Pushforward | Linearized, operation: Apply, position: int
    ) -> ast.expr:
        """``jax.vjp`` or ``jax.jvp`` of a server expression, as a lambda over its active arguments."""
        base = function.function
        extra = len(function.active) if isinstance(function, Pushforward) else 0
        own = operation.args[: len(operation.args) - extra]
        flat = list(slots(own))
        texts = [self.tree(leaf, position) for leaf in flat]
        hints = base.parameters if isinstance(base, Expression) else _hints(flat)
        names = _lambda_names(texts, hints, function.active)
        inner = [
            ast.Name(id=names[i]) if i in function.active else text for i, text in enumerate(texts)
        ]
        bound = self._bound_in_loop(flat, texts, function.active, names)
        if isinstance(base, Expression):
            body = self._text(base, operation.span.path, list(inner))
        else:
            assert isinstance(base, Builtin)
            given = _regroup(self.context, own, list(inner))
            body = builtin_call(self.context, base, given, _is_proven(operation))
        active = [names[i] for i in function.active]
        primals = [texts[i] for i in function.active]
        if isinstance(function, Linearized):
            return vjp(self.context, active, body, primals, bound)
        dots = [self.tree(dot, position) for dot in operation.args[len(own) :]]
        return jvp(self.context, function, active, body, primals, dots, bound)

    def _bound_in_loop(
        self,
        flat: list[Value | Literal],
        texts: list[ast.expr],
        active: tuple[int, ...],
        names: dict[int, str],
    ) -> list[str]:
        """What a lambda in a loop captures of the iteration: it is bound when the lambda is made."""
        found: dict[str, None] = {}
        for index, (leaf, text) in enumerate(zip(flat, texts, strict=True)):
            if index not in active and isinstance(leaf, Value) and leaf in self.in_loops:
                found.update(dict.fromkeys(free_names(text)))
        own = set(self.naming.names.values())
        return [name for name in found if name in own and name not in names.values()]


def _is_proven(operation: Apply) -> bool:
    """Whether the first argument is proven to be one array."""
    first = operation.args[0] if operation.args else None
    return isinstance(first, Value) and is_array(first.type)


def _picked(rows: Node, value: Value, source: ast.expr) -> ast.expr:
    """The comprehension that takes one column out of rows."""

    def target(tree: Tree) -> ast.expr:
        if isinstance(tree, Node) and tree.kind != "rows":
            return ast.Tuple(elts=[target(child) for child in tree.children])
        return ast.Name(id="item" if value in leaves(tree) else "_")

    def inner(tree: Tree) -> ast.expr:
        found: ast.expr = ast.Name(id="item")
        for child in getattr(tree, "children", ()):
            if value in leaves(child) and isinstance(child, Node):
                found = _picked(child, value, found) if child.kind == "rows" else inner(child)
        return found

    (row,) = rows.children
    clause = ast.comprehension(target=target(row), iter=source, ifs=[], is_async=0)
    return ast.ListComp(elt=inner(row), generators=[clause])


def _defined_in_loops(block: Block) -> set[Value]:
    """The values that belong to an iteration of some loop."""
    loops = [operation for operation in walk(block) if isinstance(operation, Loop)]
    return {v for loop in loops for v in (*defined(loop.body), *bound_inside(loop))}


def _own_names(computation: Computation) -> set[str]:
    """The names that the source gives to the values of a computation."""
    values = {*defined(computation.block), *inputs_of(computation)}
    return {value.name for value in values if not (value.anonymous or value.derived)}


def _hints(flat: list[Value | Literal]) -> tuple[str, ...]:
    return tuple(
        leaf.name if isinstance(leaf, Value) else f"argument_{i}" for i, leaf in enumerate(flat)
    )


def _lambda_names(
    texts: list[ast.expr], hints: Sequence[str], active: Sequence[int]
) -> dict[int, str]:
    """Parameter names for a differentiated expression: those of its arguments where they are names."""
    captured = {
        name for i, text in enumerate(texts) if i not in active for name in free_names(text)
    }
    names: dict[int, str] = {}
    for i in active:
        text = texts[i]
        stem = text.id if isinstance(text, ast.Name) else hints[i]
        candidate, number = stem, 2
        while candidate in captured or candidate in names.values():
            candidate, number = f"{stem}_{number}", number + 1
        names[i] = candidate
    return names


def _regroup(context: Context, trees: tuple[Tree, ...], flat: list[ast.expr]) -> list[ast.expr]:
    """Expressions for the leaves of trees put back into displays."""
    rest = iter(flat)

    def build(tree: Tree) -> ast.expr:
        if isinstance(tree, Node):
            return display(context, tree, [build(child) for child in tree.children])
        return next(rest)

    return [build(tree) for tree in trees]
