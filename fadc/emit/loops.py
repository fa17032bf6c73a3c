"""Loops as emitted: their variables, the lists that they fill and run over."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from fadc.analyses.rows import grouped
from fadc.emit.targets import Targets
from fadc.emit.uses import early_stacks
from fadc.ir import (
    NONE,
    Block,
    Carried,
    Literal,
    Loop,
    Source,
    Stack,
    Tape,
    Tree,
    Value,
    leaves,
    rebuild,
)


class Loops(Targets):
    """Writes ``for`` statements."""

    def block(self, block: Block) -> list[ast.stmt]:
        """The statements of a block."""
        raise NotImplementedError

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
        target, iterable = self._iterables(loop, position, names)
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
            free = held not in others and self.naming.is_free(held, position, item.param)
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
            if tape not in self.known:
                name = self.naming.assign(tape, position - 1)
            else:
                name = self._list_of(stacks[0], position - 1)
                self._hold_rows(self.known[tape].rows, name)
            statements.append(ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])))
        return statements

    def _list_of(self, stack: Stack, position: int) -> str:
        """The name of a list of tuples: the one that a branch waits for where it is free."""
        wanted = self.wanted_lists.get(stack.tape)
        if wanted is not None and self.naming.is_free(wanted, position, stack.tape):
            return wanted
        return self.naming.lists(stack.group, position, stack.tape)

    def _appends(self, filled: list[Stack], position: int) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        for stacks in grouped(filled).values():
            tape = stacks[0].tape
            if tape not in self.known:
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

    def _iterables(
        self, loop: Loop, position: int, carried: list[str]
    ) -> tuple[ast.expr, ast.expr]:
        """The target and the iterable of a ``for`` statement.

        Its variables take no name of a ``carried`` value: behind a loop, these are not to be used.
        """
        parts: list[tuple[ast.expr, ast.expr]] = []
        sources = self._regrouped(loop.sources)
        others = [*carried, *(name for source in sources for name in self._list_name(source))]
        index = 0
        while index < len(sources):
            source = sources[index]
            target, iterable = self._iterable(source, position, others)
            if source.kind == "count":
                index += 1
                inner, over = self._iterable(sources[index], position, others)
                start = [self.tree(arg, position) for arg in source.args]
                target = ast.Tuple(elts=[target, inner])
                iterable = self.called("enumerate", [over, *start])
            parts.append((target, iterable))
            index += 1
        if len(parts) == 1:
            return parts[0]
        strict = ast.keyword(arg="strict", value=ast.Constant(value=True))
        zipped = ast.Call(
            func=self.context.python("zip"), args=[part[1] for part in parts], keywords=[strict]
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
            iterable = self.called("range", [self.tree(arg, position) for arg in source.args])
        elif source.kind == "rows":
            assert isinstance(source.args[0], Literal)
            iterable = ast.Name(id=source.args[0].source)
        else:
            iterable = self.tree(source.args[0], position)
        target = self._target(source.target, position, others)
        return target, self.called("reversed", [iterable]) if source.reverse else iterable


def _filled(tree: Tree, items: Mapping[Value, Tree]) -> Tree:
    return rebuild(tree, lambda column: items[column])


def _unread(column: Value) -> Value:
    """The item of a column that nobody reads."""
    item = column.type.item if isinstance(column.type, Tape) else column.type
    return Value("_", item, column.span)


def _apart(source: Source, columns: list[Value]) -> list[Source]:
    """A source over tapes that are lists of their own: one for each."""
    if not columns or isinstance(source.args[0], Value):
        return [source]
    pairs = zip(columns, leaves(source.target), strict=True)
    return [Source("tape", (column,), target, source.reverse) for column, target in pairs]


def _append(name: str, item: ast.expr) -> ast.stmt:
    method = ast.Attribute(value=ast.Name(id=name), attr="append")
    return ast.Expr(value=ast.Call(func=method, args=[item], keywords=[]))
