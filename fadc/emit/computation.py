"""One derived computation as Python: statements in the order of its operations, under good names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fadc.analyses.rows import chosen, grouped, groups
from fadc.emit.context import Context, fill
from fadc.emit.functions import builtin_call, derived_function, display, jvp, vjp
from fadc.emit.layout import Comment, parse
from fadc.emit.naming import Naming
from fadc.emit.uses import Uses, early_stacks, find_uses
from fadc.ir import (
    NONE,
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
    Stack,
    Sweep,
    Tape,
    Tree,
    Type,
    Value,
    bound_inside,
    defined,
    is_array,
    leaves,
    rebuild,
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
        self.groups: dict[Value, tuple[str, Node]] = {}
        self.known = groups(computation.block, (p.tree for p in computation.parameters))
        self.line: object = None
        self.extras: list[ast.stmt] = []
        self.wanted_lists: dict[Value, str] = {}
        self.in_loops = _defined_in_loops(computation.block)
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
        if tree.kind == "rows":
            inner = rebuild(tree.children[0], lambda v: replace(v, type=_item_type(v)))
            return _subscript("list", [self._items(inner)])
        return _subscript("tuple", [self._items(child) for child in tree.children])

    def _type(self, type_: Type) -> ast.expr:
        if isinstance(type_, Tape):
            return _subscript("list", [self._type(type_.item)])
        if isinstance(type_, Bundle):
            return self._placements(type_.tree)
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
            self._hold_rows(tree, parameter.name)
            return []
        if isinstance(tree, Node) and tree.kind == "dict":
            return self._take_items(tree, parameter.name, 0, [])
        target = self.target(tree, 0)
        extras = self._take_extras()
        return [ast.Assign(targets=[target], value=ast.Name(id=parameter.name)), *extras]

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
                body += self._take_extras()
        return body

    def _take_extras(self) -> list[ast.stmt]:
        """The statements that take apart what a target cannot: the dicts among the results."""
        extras, self.extras = self.extras, []
        return extras

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
            if group is not None and group[1] == tree:
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
        name, rows = self.groups[value]
        return _picked(rows, value, ast.Name(id=name))

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
            return _reversed(tape) if function.name == "reverse_tape" else _called("list", [tape])
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
        if function.name == "as_tape":
            return _called("list", args)
        arrays = all(isinstance(arg, Value) and is_array(arg.type) for arg in operation.args)
        clients = ast.Call(func=self.context.name("fed.num_clients"), args=[], keywords=[])
        if function.name == "add" and arrays:
            return ast.BinOp(left=args[0], op=ast.Add(), right=args[1])
        if function.name == "over_clients":
            if arrays:
                return ast.BinOp(left=args[0], op=ast.Div(), right=clients)
            inverse = ast.BinOp(left=ast.Constant(value=1), op=ast.Div(), right=clients)
            return ast.Call(
                func=self.context.name("fed.scale"), args=[inverse, args[0]], keywords=[]
            )
        if function.name == "times_clients":
            if arrays:
                return ast.BinOp(left=clients, op=ast.Mult(), right=args[0])
            return ast.Call(
                func=self.context.name("fed.scale"), args=[clients, args[0]], keywords=[]
            )
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
        bound = self._bound_in_loop(flat, texts, function.active, names)
        if isinstance(base, Expression):
            body = self._text(base, operation.span.path, list(inner))
        else:
            assert isinstance(base, Builtin)
            body = builtin_call(self.context, base, _regroup(own, list(inner)))
        active = [names[i] for i in function.active]
        primals = [texts[i] for i in function.active]
        if isinstance(function, Linearized):
            return vjp(self.context, active, body, primals, bound)
        dots = [self.tree(dot, position) for dot in operation.args[len(own) :]]
        return jvp(self.context, active, body, primals, dots, bound)

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
        if tree.kind == "rows":
            return self._rows_target(tree, position, others)
        if tree.kind == "dict":
            return self._dict_target(tree, position, others)
        return ast.Tuple(elts=[self._target(child, position, others) for child in tree.children])

    def _dict_target(self, tree: Node, position: int, others: list[str]) -> ast.expr:
        """A name for a dict, whose items are taken out behind the statement."""
        if not any(self.uses.counts[value] for value in leaves(tree)):
            return ast.Name(id="_")
        name = self.naming.lists("result", position, others)
        others.append(name)
        self.extras += self._take_items(tree, name, position, others)
        return ast.Name(id=name)

    def _take_items(
        self, tree: Node, name: str, position: int, others: list[str]
    ) -> list[ast.stmt]:
        """The items of a dict that are read, each under a name of its own."""
        statements: list[ast.stmt] = []
        for key, child in zip(tree.keys, tree.children, strict=True):
            item = fill(parse(f'value["{key}"]'), {"value": ast.Name(id=name)})
            target = self._target(child, position, others)
            if not (isinstance(target, ast.Name) and target.id == "_"):
                statements.append(ast.Assign(targets=[target], value=item))
        return statements

    def _rows_target(self, tree: Node, position: int, others: list[str]) -> ast.expr:
        """A name for a list inside a row."""
        if not any(self.uses.counts[column] for column in leaves(tree)):
            return ast.Name(id="_")
        name = self.naming.lists("tape", position, others)
        others.append(name)
        self._hold_rows(tree, name)
        return ast.Name(id=name)

    def _wanted(self, value: Value, position: int) -> str | None:
        """The name that a loop or a branch waits for."""
        for name, waiting in self.naming.wanted.items():
            if waiting is value and self.naming.is_free(name, position):
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
        outer = dict(self.naming.wanted)
        for item, name in zip(loop.carried, names, strict=True):
            self.naming.hold(item.param, name)
            self.naming.wanted[name] = item.result if isinstance(item.result, Value) else None
        target, iterable = self._iterables(loop, position)
        early, late = early_stacks(loop)
        body = [*self._take_extras(), *self._appends(early, position)]
        body += self.block(loop.body)
        end = self.uses.ends[loop] - 1
        body += self._appends(late, end)
        body += self._carry([(c.result, n) for c, n in zip(loop.carried, names, strict=True)], end)
        self.naming.wanted = outer
        for item, name in zip(loop.carried, names, strict=True):
            self.naming.hold(item.output, name)
        self.line = None
        return [
            *before,
            ast.For(target=target, iter=iterable, body=body or [ast.Pass()], orelse=[]),
        ]

    def _enter(self, item: Carried, position: int, others: list[str]) -> tuple[str, list[ast.stmt]]:
        """The variable of a carried value, and its assignment where it does not hold it yet."""
        init = item.init
        if isinstance(init, Value) and init not in self.uses.inlined and init not in self.groups:
            held = self.naming.names[init]
            wanted = held == item.param.name or held.startswith(f"{item.param.name}_")
            free = held not in others and self.naming.is_free(held, position)
            if wanted and free:
                return held, []
        text = self.tree(init, position)
        name = self.naming.assign(item.param, position - 1, others)
        return name, [ast.Assign(targets=[ast.Name(id=name)], value=text)]

    def _lists(self, loop: Loop, position: int) -> list[ast.stmt]:
        """The empty lists of the tapes that a loop fills."""
        statements: list[ast.stmt] = []
        for stacks in grouped(loop.stacks).values():
            tape = stacks[0].tape
            if len(stacks) == 1:
                name = self.naming.assign(tape, position - 1)
            else:
                name = self._list_of(stacks[0], position - 1)
                self._hold_rows(self.known[tape].rows, name)
            statements.append(ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])))
        return statements

    def _list_of(self, stack: Stack, position: int) -> str:
        """The name of a list of tuples: the one that a branch waits for where it is free."""
        wanted = self.wanted_lists.get(stack.tape)
        if wanted is not None and self.naming.is_free(wanted, position):
            return wanted
        return self.naming.lists(stack.group, position)

    def _hold_rows(self, rows: Node, name: str) -> None:
        """Give a name to a list of tuples; it lives as long as any of its columns."""
        columns = list(leaves(rows))
        self.groups.update(dict.fromkeys(columns, (name, rows)))
        marker = Value(name, columns[0].type, columns[0].span)
        positions = self.uses.positions
        positions[marker] = sorted(p for column in columns for p in positions.get(column, ()))
        self.naming.holders[name] = marker

    def _appends(self, filled: list[Stack], position: int) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        for stacks in grouped(filled).values():
            tape = stacks[0].tape
            if len(stacks) == 1:
                item = self.tree(stacks[0].item, position)
                statements.append(_append(self.naming.names[tape], item))
                continue
            name, rows = self.groups[tape]
            items = {stack.tape: stack.item for stack in stacks}
            row = _filled(rows.children[0], items)
            statements.append(_append(name, self.tree(row, position)))
        return statements

    def _carry(self, pairs: list[tuple[Tree, str]], position: int) -> list[ast.stmt]:
        """Move results into their variables, all at once where there are several."""
        moves: list[tuple[str, ast.expr]] = []
        for tree, name in pairs:
            text = self.tree(tree, position)
            if not (isinstance(text, ast.Name) and text.id == name):
                moves.append((name, text))
        constants = [move for move in moves if isinstance(move[1], ast.Constant)]
        moves = [move for move in moves if not isinstance(move[1], ast.Constant)]
        after = [ast.Assign(targets=[ast.Name(id=name)], value=text) for name, text in constants]
        if len(moves) <= 1:
            first = [ast.Assign(targets=[ast.Name(id=name)], value=text) for name, text in moves]
            return [*first, *after]
        targets: list[ast.expr] = [ast.Name(id=name) for name, _ in moves]
        values = ast.Tuple(elts=[text for _, text in moves])
        return [ast.Assign(targets=[ast.Tuple(elts=targets)], value=values), *after]

    def _iterables(self, loop: Loop, position: int) -> tuple[ast.expr, ast.expr]:
        """The target and the iterable of a ``for`` statement."""
        parts: list[tuple[ast.expr, ast.expr]] = []
        sources = self._regrouped(loop.sources)
        others = [name for source in sources for name in self._list_name(source)]
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
        rows: dict[tuple[str, bool], dict[Value, Value]] = {}
        for source in sources:
            columns = list(leaves(source.args[0])) if source.kind == "tape" else []
            if not columns or columns[0] not in self.groups:
                found += _apart(source, columns)
                continue
            key = (self.groups[columns[0]][0], source.reverse)
            if key not in rows:
                found.append(replace(source, kind="rows", args=(columns[0],)))
            rows.setdefault(key, {}).update(zip(columns, leaves(source.target), strict=True))
        return [self._row(source, rows) if source.kind == "rows" else source for source in found]

    def _list_name(self, source: Source) -> list[str]:
        """The name of the list that a source runs over, which its targets do not take."""
        (tree, *_) = (*source.args, NONE)
        if isinstance(tree, Literal):
            return [tree.source]
        return [self.naming.names[tree]] if tree in self.naming.names else []

    def _row(self, source: Source, rows: dict[tuple[str, bool], dict[Value, Value]]) -> Source:
        """A source over a list of tuples: targets for its columns, none where nobody reads one."""
        (column,) = leaves(source.args[0])
        name, layout = self.groups[column]
        targets = rows[name, source.reverse]
        row = rebuild(layout.children[0], lambda c: targets.get(c) or _unread(c))
        return Source("rows", (Literal(name),), row, source.reverse)

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
        entries = self._entries(branch)
        names = self._choice_names(entries, spans[1][1])
        outer, excluded = dict(self.naming.wanted), self.naming.excluded
        before = dict(self.naming.holders)
        bodies: list[list[ast.stmt]] = []
        for index, block in enumerate((branch.then, branch.orelse)):
            self.naming.holders = dict(before)
            self.naming.excluded = (*excluded, spans[1]) if index == 0 else excluded
            arms = [entry[1 + index] for entry in entries]
            pairs = [(tree, n) for tree, n in zip(arms, names, strict=True) if tree is not None]
            for tree, name in pairs:
                self.naming.wanted[name] = tree if isinstance(tree, Value) else None
                if isinstance(tree, Node):
                    self.wanted_lists[next(leaves(tree))] = name
            body = self.block(block)
            bodies.append(body + self._carry(pairs, spans[index][1]))
        self.naming.wanted, self.naming.excluded = outer, excluded
        self.naming.holders = dict(before)
        for (output, _, _), name in zip(entries, names, strict=True):
            if isinstance(output, Value):
                self.naming.hold(output, name)
            else:
                self._hold_rows(output, name)
        self.line = None
        then, orelse = bodies
        if not then and orelse:
            negated = ast.UnaryOp(op=ast.Not(), operand=condition)
            return [ast.If(test=negated, body=orelse, orelse=[])]
        return [ast.If(test=condition, body=then or [ast.Pass()], orelse=orelse)]

    def _entries(self, branch: Branch) -> list[tuple[Value | Node, Tree | None, Tree | None]]:
        """What a branch chooses: its output and both arms; the columns of one list as its rows."""
        entries: list[tuple[Value | Node, Tree | None, Tree | None]] = []
        for choices in chosen(branch, self.known):
            first = choices[0]
            if len(choices) == 1:
                entries.append((first.output, first.then, first.orelse))
                continue
            rows = self.known[first.output].rows
            arms = [
                self.known[arm].rows if isinstance(arm, Value) else arm
                for arm in (first.then, first.orelse)
            ]
            entries.append((rows, arms[0], arms[1]))
        return entries

    def _choice_names(
        self, entries: list[tuple[Value | Node, Tree | None, Tree | None]], end: int
    ) -> list[str]:
        """A variable for each choice that no value needed behind the branch holds."""
        names: list[str] = []
        for output, *_ in entries:
            stem = output.name if isinstance(output, Value) else self._label(output)
            candidate, number = stem, 2
            while (
                candidate in names
                or not self.naming.is_free(candidate, end)
                or self._is_handed_on(candidate, entries, output)
            ):
                candidate, number = f"{stem}_{number}", number + 1
            names.append(candidate)
        return names

    def _label(self, rows: Node) -> str:
        return self.known[next(leaves(rows))].label

    def _is_handed_on(
        self,
        name: str,
        entries: list[tuple[Value | Node, Tree | None, Tree | None]],
        output: Value | Node,
    ) -> bool:
        """Whether the holder of a name is handed through the branch under another name."""
        holder = self.naming.holders.get(name)
        return holder is not None and any(
            entry[0] is not output and holder in entry[1:] for entry in entries
        )


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


def _filled(tree: Tree, items: Mapping[Value, Tree]) -> Tree:
    return rebuild(tree, lambda column: items[column])


def _item_type(value: Value) -> Type:
    assert isinstance(value.type, Tape)
    return value.type.item


def _unread(column: Value) -> Value:
    """The item of a column that nobody reads."""
    item = column.type.item if isinstance(column.type, Tape) else column.type
    return Value("_", item, column.span)


def _apart(source: Source, columns: list[Value]) -> list[Source]:
    """A source over tapes that are lists of their own: one for each."""
    if len(columns) < 2:
        return [source]
    pairs = zip(columns, leaves(source.target), strict=True)
    return [Source("tape", (column,), target, source.reverse) for column, target in pairs]


def _values(computation: Computation) -> Iterable[Value]:
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
