"""Branches as emitted: one variable for each value that the arms choose between."""

from __future__ import annotations

import ast

from fadc.analyses.rows import chosen
from fadc.emit.loops import Loops
from fadc.ir import (
    Branch,
    Node,
    Tree,
    Value,
    leaves,
)


class Branches(Loops):
    """Writes ``if`` statements."""

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
            if first.output not in self.known:
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
        for output, *arms in entries:
            value = next(leaves(output))
            stem = output.name if isinstance(output, Value) else self._label(output)
            candidate, number = stem, 2
            while (
                candidate in names
                or not self.naming.is_free(candidate, end, value)
                or self._is_handed_on(candidate, entries, output)
                or None in arms
                and self._is_bound_outside(candidate, value)
            ):
                candidate, number = f"{stem}_{number}", number + 1
            names.append(candidate)
        return names

    def _label(self, rows: Node) -> str:
        return self.known[next(leaves(rows))].label

    def _is_bound_outside(self, name: str, value: Value) -> bool:
        """Whether a name is bound before the loop: what one arm binds, the other would hand round it."""
        holder = self.naming.holders.get(name)
        return holder is not None and self.uses.is_from_outside(holder, value)

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
