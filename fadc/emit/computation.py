"""One derived computation as Python: statements in the order of its operations, under good names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence

from fadc.emit.context import Context, fill
from fadc.emit.functions import builtin_call, derived_function, display, jvp, vjp
from fadc.emit.layout import Comment, parse
from fadc.emit.naming import Naming
from fadc.emit.uses import Uses, find_uses
from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Bundle,
    Call,
    Carried,
    Computation,
    Expression,
    Leaf,
    Linearized,
    Literal,
    Loop,
    Mapped,
    Node,
    Operation,
    Parameter,
    Placement,
    Pushforward,
    Recomputed,
    Source,
    Sweep,
    Tape,
    Tree,
    Type,
    Value,
    is_array,
    leaves,
    slots,
    walk,
)
from fadc.syntax.names import free_names

_PYTHON = ("range", "zip", "enumerate", "reversed", "list", "len", "min")


def emit_computation(
    context: Context, computation: Computation, signatures: dict[str, Computation]
) -> ast.FunctionDef:
    """The definition of a derived computation."""
    return _Writer(context, computation, signatures).definition()


class _Writer:
    """Writes the statements of one computation."""

    def __init__(
        self, context: Context, computation: Computation, signatures: dict[str, Computation]
    ) -> None:
        self.context, self.computation, self.signatures = context, computation, signatures
        self.uses: Uses = find_uses(computation)
        own = {v.name for v in _values(computation) if not v.anonymous}
        reserved = {*_reserved(context, computation), context.fed, context.jax}
        module = {*context.taken, *vars(builtins)}
        self.naming = Naming(
            self.uses, frozenset(reserved), frozenset(module), frozenset(own & context.own_locals)
        )
        self.groups: dict[Value, tuple[str, tuple[Value, ...]]] = {}
        self.line: object = None
        self.has_reverse = any(op.sweep is Sweep.REVERSE for op in computation.block)

    # The definition ------------------------------------------------------------------------------

    def definition(self) -> ast.FunctionDef:
        computation = self.computation
        body: list[ast.stmt] = []
        if computation.docstring:
            body.append(ast.Expr(value=ast.Constant(value=computation.docstring)))
        for parameter in computation.parameters:
            self._hold_parameter(parameter)
        for parameter in computation.parameters:
            body += self._unpack_parameter(parameter)
        body += self._sweeps(computation.block)
        position = max(self.uses.ends.values(), default=0) + 1
        body.append(ast.Return(value=self.tree(computation.result, position)))
        return ast.FunctionDef(
            name=computation.name,
            args=self._signature(),
            body=body,
            decorator_list=[self._decorator()],
            returns=self._annotation(computation.annotation, computation.result),
        )

    def _decorator(self) -> ast.expr:
        decorator = self.context.name("fed.computation")
        transpose = self.computation.transpose
        if transpose is None:
            return decorator
        keyword = ast.keyword(arg="transpose_broadcast", value=self._aggregator(transpose))
        return ast.Call(func=decorator, args=[], keywords=[keyword])

    def _signature(self) -> ast.arguments:
        plain = [p for p in self.computation.parameters if not p.keyword_only]
        named = [p for p in self.computation.parameters if p.keyword_only]
        defaults = [parse(p.default) for p in plain if p.default is not None]
        return ast.arguments(
            posonlyargs=[],
            args=[self._parameter(p) for p in plain],
            kwonlyargs=[self._parameter(p) for p in named],
            kw_defaults=[parse(p.default) if p.default else None for p in named],
            defaults=defaults,
        )

    def _parameter(self, parameter: Parameter) -> ast.arg:
        annotation = self._annotation(parameter.annotation, parameter.tree)
        return ast.arg(arg=parameter.name, annotation=annotation)

    def _annotation(self, written: str, tree: Tree) -> ast.expr:
        """The user's annotation, or the placements of the tree."""
        if written and self.computation.module == self.context.module.path:
            return self.context.local_code(written, self.computation.module, frozenset())
        return self._placements(tree)

    def _placements(self, tree: Tree) -> ast.expr:
        if isinstance(tree, Value):
            return self._type(tree.type)
        if isinstance(tree, Literal):
            return ast.Name(id="object")
        if tree.kind == "rows":
            return _subscript("list", [self._items(tree.children[0])])
        parts = [self._placements(child) for child in tree.children]
        if tree.kind == "dict":
            return _subscript("dict", [ast.Name(id="str"), *parts[:1]])
        return _subscript("tuple", parts)

    def _items(self, tree: Tree) -> ast.expr:
        if isinstance(tree, Value):
            assert isinstance(tree.type, Tape)
            return self._type(tree.type.item)
        assert isinstance(tree, Node)
        return _subscript("tuple", [self._items(child) for child in tree.children])

    def _type(self, type_: Type) -> ast.expr:
        if isinstance(type_, Tape):
            return _subscript("list", [self._type(type_.item)])
        if isinstance(type_, Bundle):
            return ast.Name(id="tuple")
        names = {Placement.SERVER: "fed.Server", Placement.CLIENTS: "fed.Clients"}
        if type_.placement is Placement.STATIC:
            return ast.Name(id="object")
        return self.context.name(names[type_.placement])

    def _hold_parameter(self, parameter: Parameter) -> None:
        if isinstance(parameter.tree, Value):
            self.naming.hold(parameter.tree, parameter.name)
        else:
            marker = Value(parameter.name, Leaf(Placement.STATIC), self.computation.span)
            self.naming.holders[parameter.name] = marker

    def _unpack_parameter(self, parameter: Parameter) -> list[ast.stmt]:
        """Composite parameters are taken apart at the top."""
        tree = parameter.tree
        if isinstance(tree, Value) or not any(v in self.uses.positions for v in leaves(tree)):
            return []
        if isinstance(tree, Node) and tree.kind == "rows":
            columns = tuple(leaves(tree))
            for column in columns:
                self.groups[column] = (parameter.name, columns)
            return []
        target = self.target(tree, 0)
        return [ast.Assign(targets=[target], value=ast.Name(id=parameter.name))]

    # Blocks --------------------------------------------------------------------------------------

    def _sweeps(self, block: Block) -> list[ast.stmt]:
        """The statements of the whole body; the two sweeps under their headings."""
        if not self.has_reverse:
            return self.block(block)
        kept = [op for op in block if op in self.uses.starts]
        primal = [i for i, op in enumerate(kept) if op.sweep is Sweep.PRIMAL]
        split = max(primal, default=-1) + 1
        body: list[ast.stmt] = []
        if split:
            body += [Comment("Primal sweep."), *self.block(tuple(kept[:split]))]
        if kept[split:]:
            body += [Comment(), Comment("Reverse sweep.")] if split else [Comment("Reverse sweep.")]
            body += self.block(tuple(kept[split:]))
        return body

    def block(self, block: Block) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        for operation in block:
            if operation in self.uses.starts:
                body += self._origin(operation)
                body += self.operation(operation)
        return body

    def _origin(self, operation: Operation) -> list[ast.stmt]:
        """The primal statement that a statement of a reverse sweep is the pullback of."""
        if operation.sweep is not Sweep.REVERSE:
            self.line = None
            return []
        where = (operation.span.path, operation.span.start_line)
        if where == self.line:
            return []
        self.line = where
        module = self.context.modules.get(operation.span.path, self.context.module)
        text = module.text.lines[operation.span.start_line - 1].strip()
        comment = f"Line {operation.span.start_line}: {text}"
        return [Comment(comment if len(comment) <= 88 else comment[:87] + "…")]

    def operation(self, operation: Operation) -> list[ast.stmt]:
        position = self.uses.starts[operation]
        match operation:
            case Loop():
                return self._loop(operation, position)
            case Branch():
                return self._branch(operation, position)
            case Broadcast(results=found) | Aggregate(results=found):
                value = self.expression(operation, position)
                result: Tree = found[0] if len(found) == 1 else Node("tuple", found)
                return [ast.Assign(targets=[self.target(result, position)], value=value)]
            case Apply(function=Builtin(name="unpack"), args=(Value(),), result=Node() as parts):
                value = self.expression(operation, position)
                return [ast.Assign(targets=[self.target(parts, position)], value=value)]
        value = self.expression(operation, position)
        target = self.target(operation.result, position)
        return [ast.Assign(targets=[target], value=value)]

    # Expressions ---------------------------------------------------------------------------------

    def tree(self, tree: Tree, position: int) -> ast.expr:
        """The text of a tree of values."""
        if isinstance(tree, Value):
            return self.value(tree, position)
        if isinstance(tree, Literal):
            return parse(tree.source)
        if tree.kind == "rows":
            columns = tuple(leaves(tree))
            group = self.groups.get(columns[0])
            if group is not None and group[1] == columns:
                return ast.Name(id=group[0])
        return display(tree, [self.tree(child, position) for child in tree.children])

    def value(self, value: Value, position: int) -> ast.expr:
        maker = self.uses.inlined.get(value)
        if maker is not None:
            return self.expression(maker, position)
        if value in self.groups:
            return self._column(value)
        return ast.Name(id=self.naming.names[value])

    def _column(self, value: Value) -> ast.expr:
        """One column of a list of tuples."""
        name, columns = self.groups[value]
        targets: list[ast.expr] = [
            ast.Name(id="item" if column is value else "_") for column in columns
        ]
        clause = ast.comprehension(
            target=ast.Tuple(elts=targets), iter=ast.Name(id=name), ifs=[], is_async=0
        )
        return ast.ListComp(elt=ast.Name(id="item"), generators=[clause])

    def expression(self, operation: Operation, position: int) -> ast.expr:
        """The right-hand side of an operation."""
        match operation:
            case Broadcast(values=values):
                return self._message(self.context.name("fed.broadcast"), values, position)
            case Aggregate(aggregator=aggregator, values=values):
                return self._message(self._aggregator(aggregator), values, position)
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

    def _aggregator(self, aggregator: Aggregator) -> ast.expr:
        if aggregator.name is None:
            return self.context.name(f"fed.{aggregator.like}")
        return ast.Name(id=self.context.use(aggregator.name))

    def _call(self, operation: Call, position: int) -> ast.expr:
        callee = self.signatures[operation.computation]
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for parameter, tree in zip(callee.parameters, operation.args, strict=True):
            if isinstance(tree, Literal) and tree.source == parameter.default:
                continue
            value = self.tree(tree, position)
            if parameter.keyword_only or len(args) + len(keywords) < callee.parameters.index(parameter):
                keywords.append(ast.keyword(arg=parameter.name, value=value))
            else:
                args.append(value)
        name = self.context.use(self.context.computation_name(operation.computation))
        return ast.Call(func=ast.Name(id=name), args=args, keywords=keywords)

    def _map(self, operation: Apply, position: int) -> ast.expr:
        function = operation.function
        if isinstance(function, Builtin) and function.name in ("item", "pack", "unpack"):
            return self._structural(function, operation, position)
        if isinstance(function, Builtin) and function.name == "reverse_tape":
            return _reversed(self.tree(operation.args[0], position))
        keywords: list[ast.keyword] = []
        args: Sequence[Tree] = operation.args
        if isinstance(function, Pushforward | Linearized | Recomputed):
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
            first = self.context.name(f"fed.{function.name}")
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
        if function.name == "reverse_tape":
            return _reversed(args[0])
        arrays = all(isinstance(arg, Value) and is_array(arg.type) for arg in operation.args)
        clients = ast.Call(func=self.context.name("fed.num_clients"), args=[], keywords=[])
        if function.name == "add" and arrays:
            return ast.BinOp(left=args[0], op=ast.Add(), right=args[1])
        if function.name == "over_clients":
            if arrays:
                return ast.BinOp(left=args[0], op=ast.Div(), right=clients)
            inverse = ast.BinOp(left=ast.Constant(value=1), op=ast.Div(), right=clients)
            return ast.Call(func=self.context.name("fed.scale"), args=[inverse, args[0]], keywords=[])
        if function.name == "times_clients":
            if arrays:
                return ast.BinOp(left=clients, op=ast.Mult(), right=args[0])
            return ast.Call(func=self.context.name("fed.scale"), args=[clients, args[0]], keywords=[])
        return builtin_call(self.context, function, args)

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
        if isinstance(base, Expression):
            body = self._text(base, operation.span.path, list(inner))
        else:
            assert isinstance(base, Builtin)
            body = builtin_call(self.context, base, _regroup(own, list(inner)))
        active = [names[i] for i in function.active]
        primals = [texts[i] for i in function.active]
        if isinstance(function, Linearized):
            return vjp(self.context, active, body, primals)
        dots = [self.tree(dot, position) for dot in operation.args[len(own) :]]
        return jvp(self.context, active, body, primals, dots)

    # Targets -------------------------------------------------------------------------------------

    def target(self, tree: Tree, position: int) -> ast.expr:
        """Names for the results of an operation; what nobody reads is ``_``."""
        others: list[str] = []
        return self._target(tree, position, others, top=True)

    def _target(self, tree: Tree, position: int, others: list[str], top: bool = False) -> ast.expr:
        if isinstance(tree, Value):
            if not top and self.uses.counts[tree] == 0:
                return ast.Name(id="_")
            name = self.naming.assign(tree, position, others, self._wanted(tree, position))
            others.append(name)
            return ast.Name(id=name)
        assert isinstance(tree, Node)
        return ast.Tuple(elts=[self._target(child, position, others) for child in tree.children])

    def _wanted(self, value: Value, position: int) -> str | None:
        """The name that a loop or a branch waits for."""
        for name, waiting in self.naming.locked.items():
            if waiting is value and self.naming.is_free(name, position, value):
                return name
        return None

    # Loops ---------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, position: int) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        names: list[str] = []
        for item in loop.carried:
            name, statements = self._enter(item, position, names)
            names.append(name)
            before += statements
        before += self._lists(loop, position)
        outer = dict(self.naming.locked)
        for item, name in zip(loop.carried, names, strict=True):
            self.naming.hold(item.param, name)
            self.naming.locked[name] = item.result if isinstance(item.result, Value) else None
        target, iterable = self._iterables(loop, position)
        body = self.block(loop.body)
        end = self.uses.ends[loop] - 1
        body += self._appends(loop, end)
        body += self._carry([(c.result, n) for c, n in zip(loop.carried, names, strict=True)], end)
        self.naming.locked = outer
        for item, name in zip(loop.carried, names, strict=True):
            self.naming.hold(item.output, name)
        self.line = None
        return [*before, ast.For(target=target, iter=iterable, body=body or [ast.Pass()], orelse=[])]

    def _enter(
        self, item: Carried, position: int, others: list[str]
    ) -> tuple[str, list[ast.stmt]]:
        """The variable of a carried value, and its assignment where it does not hold it yet."""
        init = item.init
        if isinstance(init, Value) and init not in self.uses.inlined and init not in self.groups:
            held = self.naming.names[init]
            wanted = held == item.param.name or held.startswith(f"{item.param.name}_")
            free = held not in others and self.naming.is_free(held, position, init)
            if wanted and free:
                return held, []
        text = self.tree(init, position)
        name = self.naming.assign(item.param, position, others)
        return name, [ast.Assign(targets=[ast.Name(id=name)], value=text)]

    def _lists(self, loop: Loop, position: int) -> list[ast.stmt]:
        """The empty lists of the tapes that a loop fills."""
        statements: list[ast.stmt] = []
        grouped: dict[str, list[Value]] = {}
        for stack in loop.stacks:
            if stack.group:
                grouped.setdefault(stack.group, []).append(stack.tape)
        for stack in loop.stacks:
            tapes = grouped.get(stack.group, [stack.tape])
            if stack.tape is not tapes[0]:
                continue
            if len(tapes) == 1:
                name = self.naming.assign(stack.tape, position)
            else:
                name = self.naming.lists(stack.group, position)
                columns = tuple(tapes)
                holder = _Group(columns, self.uses, stack.tape)
                self.naming.holders[name] = holder.marker
                self.groups.update(dict.fromkeys(columns, (name, columns)))
            statements.append(ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])))
        return statements

    def _appends(self, loop: Loop, position: int) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        done: set[str] = set()
        for stack in loop.stacks:
            if stack.tape not in self.groups:
                statements.append(_append(self.naming.names[stack.tape], self.tree(stack.item, position)))
                continue
            name, columns = self.groups[stack.tape]
            if name in done:
                continue
            done.add(name)
            items = {s.tape: s.item for s in loop.stacks}
            row = ast.Tuple(elts=[self.tree(items[column], position) for column in columns])
            statements.append(_append(name, row))
        return statements

    def _carry(self, pairs: list[tuple[Tree, str]], position: int) -> list[ast.stmt]:
        """Move results into their variables, all at once where there are several."""
        moves: list[tuple[str, ast.expr]] = []
        for tree, name in pairs:
            text = self.tree(tree, position)
            if not (isinstance(text, ast.Name) and text.id == name):
                moves.append((name, text))
        if not moves:
            return []
        if len(moves) == 1:
            return [ast.Assign(targets=[ast.Name(id=moves[0][0])], value=moves[0][1])]
        targets: list[ast.expr] = [ast.Name(id=name) for name, _ in moves]
        values = ast.Tuple(elts=[text for _, text in moves])
        return [ast.Assign(targets=[ast.Tuple(elts=targets)], value=values)]

    def _iterables(self, loop: Loop, position: int) -> tuple[ast.expr, ast.expr]:
        """The target and the iterable of a ``for`` statement."""
        parts: list[tuple[ast.expr, ast.expr]] = []
        others: list[str] = []
        sources = self._regrouped(loop.sources)
        index = 0
        while index < len(sources):
            source = sources[index]
            target, iterable = self._iterable(source, position, others)
            if source.kind == "count":
                index += 1
                inner, over = self._iterable(sources[index], position, others)
                start = [self.tree(arg, position) for arg in source.args]
                target = ast.Tuple(elts=[target, inner])
                iterable = _called("enumerate", [over, *start])
            parts.append((target, iterable))
            index += 1
        if len(parts) == 1:
            return parts[0]
        strict = ast.keyword(arg="strict", value=ast.Constant(value=True))
        zipped = ast.Call(
            func=ast.Name(id="zip"), args=[part[1] for part in parts], keywords=[strict]
        )
        return ast.Tuple(elts=[part[0] for part in parts]), zipped

    def _regrouped(self, sources: tuple[Source, ...]) -> list[Source]:
        """Columns of one list that are consumed together are consumed as its rows."""
        found: list[Source] = []
        for source in sources:
            columns = tuple(leaves(source.args[0])) if source.kind == "tape" else ()
            group = self.groups.get(columns[0]) if columns else None
            if group is None:
                found += self._ungrouped(source, columns)
                continue
            same = next(
                (
                    i
                    for i, other in enumerate(found)
                    if other.kind == "rows"
                    and other.reverse == source.reverse
                    and isinstance(other.args[0], Literal)
                    and other.args[0].source == group[0]
                ),
                None,
            )
            targets = dict(zip(columns, leaves(source.target), strict=True))
            if same is not None:
                old = found[same].target
                assert isinstance(old, Node)
                known = dict(zip(group[1], old.children, strict=True))
                targets = {**{c: t for c, t in known.items() if isinstance(t, Value)}, **targets}
            row = Node("tuple", tuple(targets.get(column, _UNUSED) for column in group[1]))
            merged = Source("rows", (Literal(group[0]),), row, source.reverse)
            if same is None:
                found.append(merged)
            else:
                found[same] = merged
        return found

    def _ungrouped(self, source: Source, columns: tuple[Value, ...]) -> list[Source]:
        if source.kind != "tape" or len(columns) < 2:
            return [source]
        targets = list(leaves(source.target))
        return [
            Source("tape", (column,), target, source.reverse)
            for column, target in zip(columns, targets, strict=True)
        ]

    def _iterable(
        self, source: Source, position: int, others: list[str]
    ) -> tuple[ast.expr, ast.expr]:
        if source.kind == "count":
            return self._target(source.target, position, others), ast.Name(id="")
        if source.kind == "range":
            iterable = _called("range", [self.tree(arg, position) for arg in source.args])
        elif source.kind == "rows":
            assert isinstance(source.args[0], Literal)
            iterable = ast.Name(id=source.args[0].source)
        else:
            iterable = self.tree(source.args[0], position)
        target = self._target(source.target, position, others)
        return target, _called("reversed", [iterable]) if source.reverse else iterable

    # Branches ------------------------------------------------------------------------------------

    def _branch(self, branch: Branch, position: int) -> list[ast.stmt]:
        condition = self.tree(branch.condition, position)
        spans = self.uses.arms[branch]
        names = self._choice_names(branch, spans)
        outer_locked, outer_excluded = dict(self.naming.locked), self.naming.excluded
        before = dict(self.naming.holders)
        bodies: list[list[ast.stmt]] = []
        for index, (block, side) in enumerate(((branch.then, "then"), (branch.orelse, "orelse"))):
            self.naming.holders = dict(before)
            self.naming.excluded = (*outer_excluded, spans[1]) if index == 0 else outer_excluded
            pairs: list[tuple[Tree, str]] = []
            for choice, name in zip(branch.choices, names, strict=True):
                tree = getattr(choice, side)
                if tree is not None:
                    pairs.append((tree, name))
                self.naming.locked[name] = tree if isinstance(tree, Value) else None
            body = self.block(block)
            body += self._carry(pairs, spans[index][1])
            bodies.append(body)
        self.naming.locked, self.naming.excluded = outer_locked, outer_excluded
        self.naming.holders = dict(before)
        for choice, name in zip(branch.choices, names, strict=True):
            self.naming.hold(choice.output, name)
        self.line = None
        then, orelse = bodies
        if not then and orelse:
            negated = ast.UnaryOp(op=ast.Not(), operand=condition)
            return [ast.If(test=negated, body=orelse, orelse=[])]
        return [ast.If(test=condition, body=then or [ast.Pass()], orelse=orelse)]

    def _choice_names(self, branch: Branch, spans: tuple[tuple[int, int], ...]) -> list[str]:
        """A variable for each choice that no value needed behind the branch holds."""
        names: list[str] = []
        end = spans[1][1]
        for choice in branch.choices:
            stem = choice.output.name
            candidate, number = stem, 2
            while (
                candidate in names
                or not self.naming.is_free(candidate, end, choice.output)
                or self._is_needed_inside(candidate, branch, choice.output)
            ):
                candidate, number = f"{stem}_{number}", number + 1
            names.append(candidate)
        return names

    def _is_needed_inside(self, name: str, branch: Branch, output: Value) -> bool:
        """Whether the holder of a name is handed through the branch under another name."""
        holder = self.naming.holders.get(name)
        return holder is not None and any(
            other.output is not output and holder in (other.then, other.orelse)
            for other in branch.choices
        )


_UNUSED = Value("_", Leaf(Placement.STATIC), None)  # type: ignore[arg-type]


class _Group:
    """The life of a list of tuples is that of its columns together."""

    def __init__(self, columns: tuple[Value, ...], uses: Uses, like: Value) -> None:
        self.marker = Value(like.name, like.type, like.span)
        merged = sorted(p for column in columns for p in uses.positions.get(column, ()))
        uses.positions[self.marker] = merged


def _values(computation: Computation) -> Iterable[Value]:
    from fadc.ir import defined

    yield from defined(computation.block)
    for parameter in computation.parameters:
        yield from leaves(parameter.tree)


def _reserved(context: Context, computation: Computation) -> set[str]:
    """The globals that the text of a computation reads."""
    found = set(_PYTHON)
    for operation in walk(computation.block):
        if isinstance(operation, Apply):
            function = operation.function
            if isinstance(function, Pushforward | Linearized | Recomputed):
                function = function.function
            if isinstance(function, Expression):
                found |= set(_globals(function.source)) - set(function.parameters)
            elif isinstance(function, Mapped):
                found |= set(_globals(function.source)) - set(function.captures)
        elif isinstance(operation, Call):
            found.add(operation.computation)
        elif isinstance(operation, Aggregate) and operation.aggregator.name:
            found.add(operation.aggregator.name)
        for literal in _literals(operation):
            found |= set(_globals(literal.source))
    return found


def _literals(operation: Operation) -> Iterable[Literal]:
    trees: Iterable[Tree] = ()
    if isinstance(operation, Apply | Call):
        trees = operation.args
    elif isinstance(operation, Loop):
        trees = [tree for source in operation.sources for tree in source.args]
        trees += [item.init for item in operation.carried]
    elif isinstance(operation, Branch):
        trees = [operation.condition]
    return [leaf for leaf in slots(trees) if isinstance(leaf, Literal)]


def _globals(source: str) -> Iterable[str]:
    return free_names(parse(source))


def _subscript(name: str, parts: list[ast.expr]) -> ast.expr:
    index: ast.expr = parts[0] if len(parts) == 1 else ast.Tuple(elts=parts)
    if not parts:
        index = ast.Tuple(elts=[])
    return ast.Subscript(value=ast.Name(id=name), slice=index)


def _called(name: str, args: list[ast.expr]) -> ast.expr:
    return ast.Call(func=ast.Name(id=name), args=args, keywords=[])


def _reversed(tape: ast.expr) -> ast.expr:
    return _called("list", [_called("reversed", [tape])])


def _append(name: str, item: ast.expr) -> ast.stmt:
    method = ast.Attribute(value=ast.Name(id=name), attr="append")
    return ast.Expr(value=ast.Call(func=method, args=[item], keywords=[]))


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


def _regroup(trees: tuple[Tree, ...], flat: list[ast.expr]) -> list[ast.expr]:
    """Expressions for the leaves of trees put back into displays."""
    rest = iter(flat)

    def build(tree: Tree) -> ast.expr:
        if isinstance(tree, Node):
            return display(tree, [build(child) for child in tree.children])
        return next(rest)

    return [build(tree) for tree in trees]
