"""The left-hand sides of emitted statements: names for results, containers taken apart."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.emit.context import fill
from fadc.emit.expressions import Expressions
from fadc.emit.layout import parse
from fadc.ir import (
    Node,
    Tree,
    Value,
    leaves,
    quoted,
)


class Targets(Expressions):
    """Writes assignment targets."""

    def target(self, tree: Tree, position: int) -> ast.expr:
        """Names for the results of an operation; what nobody reads is ``_``."""
        others: list[str] = []
        return self._target(tree, position, others, top=True)

    def _target(self, tree: Tree, position: int, others: list[str], top: bool = False) -> ast.expr:
        if isinstance(tree, Value):
            if not top and self.uses.counts[tree] == 0:
                return ast.Name(id=self.unread)
            name = self.naming.assign(tree, position, others, self._wanted(tree, position, others))
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
            return ast.Name(id=self.unread)
        name = self.naming.lists("result", position, _whole(tree), others)
        others.append(name)
        items = self._take_items(tree, name, position, others)
        self.extras += items
        return ast.Name(id=name)

    def _take_items(
        self, tree: Node, name: str, position: int, others: list[str]
    ) -> list[ast.stmt]:
        """The items of a dict that are read, each under a name of its own, dicts in them behind them."""
        before = self._take_extras()
        statements: list[ast.stmt] = []
        for key, child in zip(tree.keys, tree.children, strict=True):
            item = fill(parse(f"value[{quoted(key)}]"), {"value": ast.Name(id=name)})
            target = self._target(child, position, others)
            if not (isinstance(target, ast.Name) and target.id == self.unread):
                statements += [ast.Assign(targets=[target], value=item), *self._take_extras()]
        self.extras = before
        return statements

    def _rows_target(self, tree: Node, position: int, others: list[str]) -> ast.expr:
        """A name for a list inside a row."""
        if not any(self.uses.counts[column] for column in leaves(tree)):
            return ast.Name(id=self.unread)
        name = self.naming.lists("tape", position, _whole(tree), others)
        others.append(name)
        self._hold_rows(tree, name)
        return ast.Name(id=name)

    def _wanted(self, value: Value, position: int, others: list[str]) -> str | None:
        """The name that a loop or a branch waits for."""
        for name, waiting in self.naming.wanted.items():
            if waiting is value and name not in others:
                if self.naming.is_free(name, position, value):
                    return name
        return None

    def _take_extras(self) -> list[ast.stmt]:
        """The statements that take apart what a target cannot: the dicts among the results."""
        extras, self.extras = self.extras, []
        return extras

    def _hold_rows(self, rows: Node, name: str) -> None:
        """Give a name to a list of tuples; it lives as long as any of its columns."""
        columns = list(leaves(rows))
        self.groups.update(dict.fromkeys(columns, (name, rows)))
        marker = Value(name, columns[0].type, columns[0].span)
        positions = self.uses.positions
        positions[marker] = sorted(p for column in columns for p in positions.get(column, ()))
        self.naming.hold_name(marker, name)


def _whole(tree: Node) -> Value:
    """What stands for a container of several values where a name is chosen for it."""
    return replace(next(leaves(tree)), derived=True)
