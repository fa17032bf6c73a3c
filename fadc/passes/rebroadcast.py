"""Stateless clients: no client value is kept from one round to the next.

A client value that a later round needs is made again in that round: its broadcasts are sent again
and its local functions run again, from what the server has and from the clients' own inputs. What
cannot be rebuilt in this way, client state carried through a loop or a call, is refused.

    %w_at_clients = broadcast %w                    %w_at_clients = broadcast %w
    %a = aggregate sum %w_at_clients                %a = aggregate sum %w_at_clients
    %a_at_clients = broadcast %a         becomes    %a_at_clients = broadcast %a
    %v = apply clients `f`                          %w_at_clients.2 = broadcast %w
        (%w_at_clients, %a_at_clients)              %v = apply clients `f`
                                                        (%w_at_clients.2, %a_at_clients)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from fadc.analyses.activity import inputs_of
from fadc.analyses.levels import levels, reads
from fadc.diagnostics import Diagnostic, make
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Call,
    Computation,
    Expression,
    Literal,
    Loop,
    Operation,
    Placement,
    Sweep,
    Tree,
    Value,
    bound_inside,
    defined,
    placement,
    rebuild,
    results,
    substitute,
    walk,
)
from fadc.ir.liveness import remove_dead
from fadc.ir.source_text import spelled
from fadc.passes.copy_block import copy_operation


def stateless(computation: Computation, diagnostics: list[Diagnostic]) -> Computation:
    """A primal whose client values are used in the round that makes them."""
    clients = {v for v in inputs_of(computation) if placement(v.type) is Placement.CLIENTS}
    return replace(computation, block=rebroadcast(computation.block, clients, {}, diagnostics))


def rebroadcast(
    block: Block, inputs: set[Value], late: Mapping[Value, int], diagnostics: list[Diagnostic]
) -> Block:
    """A block whose client values are used in the round that makes them.

    ``inputs`` are always at the clients, ``late`` values are known at their level only. Values that
    no round can rebuild are reported in the diagnostics, and the block is left as it is.
    """
    makers: dict[Value, Operation] = {}
    for operation in walk(block):
        for value in (*results(operation), *bound_inside(operation)):
            makers[value] = operation
    replay = _Replay(diagnostics, makers, inputs)
    changed = replay.block(block, late)
    return block if replay.refused else changed


@dataclass(frozen=True)
class _Round:
    """A round of a block: its level, its sweep, and the list that collects operations made again.

    ``local`` are the levels of the block's own values, ``memo`` the values made again so far.
    """

    level: int
    sweep: Sweep
    local: Mapping[Value, int]
    memo: dict[tuple[Value, int], Value]
    kept: list[Operation]


@dataclass
class _Replay:
    diagnostics: list[Diagnostic]
    makers: dict[Value, Operation]
    inputs: set[Value]
    refused: set[Value] = field(default_factory=set)
    assumed: dict[object, bool] = field(default_factory=dict)

    def block(self, block: Block, late: Mapping[Value, int]) -> Block:
        found = levels(block, late)
        local = {value: found.of(value) for op in block for value in results(op)}
        kept: list[Operation] = []
        memo: dict[tuple[Value, int], Value] = {}
        for operation in block:
            self._check(operation)
            if isinstance(operation, Loop | Branch):
                kept.append(self._inside(operation))
                continue
            level = found.operations[operation]
            now = _Round(level, operation.sweep, local, memo, kept)
            (changed,) = substitute((operation,), partial(self._at, now))
            kept.append(changed)
        return tuple(kept)

    def _check(self, operation: Operation) -> None:
        """Reports client state that no round can rebuild."""
        states: list[Value] = []
        if isinstance(operation, Loop):
            states = [item.param for item in operation.carried]
        elif isinstance(operation, Call):
            states = [v for v in reads(operation) if v not in self.inputs]
        for value in states:
            if placement(value.type) is Placement.CLIENTS:
                self._refuse(value)

    def _refuse(self, value: Value) -> None:
        if value not in self.refused:
            self.refused.add(value)
            maker = self.makers.get(value)
            known = any(each.code == "FAD404" for each in self.diagnostics)
            if known and (maker is None or maker.sweep is Sweep.REVERSE):
                return  # It is the cotangent of state that has been refused already.
            found = make("FAD404", value.span, name=value.name)
            if found not in self.diagnostics:
                self.diagnostics.append(found)

    def _inside(self, operation: Loop | Branch) -> Operation:
        if isinstance(operation, Loop):
            body = self.block(operation.body, {})
            return replace(operation, body=self._ends(operation, body))
        before, condition = self.assumed, self._condition(operation.condition)
        self.assumed = {**before, condition: True}
        then = self.block(operation.then, {})
        self.assumed = {**before, condition: False}
        orelse = self.block(operation.orelse, {})
        self.assumed = before
        return replace(operation, then=then, orelse=orelse)

    def _condition(self, tree: Tree) -> object:
        """The key for comparing static conditions: their text and the values that they read."""
        maker = self.makers.get(tree) if isinstance(tree, Value) else None
        if isinstance(maker, Apply) and isinstance(maker.function, Expression):
            return spelled(maker.function.source), tuple(map(self._condition, maker.args))
        return spelled(tree.source) if isinstance(tree, Literal) else tree

    def _ends(self, operation: Loop, body: Block) -> Block:
        for stack in operation.stacks:
            if placement(stack.tape.type) is Placement.CLIENTS:
                self._refuse(stack.tape)
        return body

    def _at(self, now: _Round, value: Value) -> Value:
        """A client value in a round: made again unless the round is its own."""
        if placement(value.type) is not Placement.CLIENTS or value in self.inputs:
            return value
        if now.local.get(value) == now.level:
            return value
        if (value, now.level) in now.memo:
            return now.memo[value, now.level]
        maker = self.makers.get(value)
        if not isinstance(maker, Broadcast | Apply | Branch) or value in bound_inside(maker):
            self._refuse(value)
            return value
        if not isinstance(maker, Branch):
            return self._made_again(now, value, *self._again(maker, value))
        chosen = self._chosen(maker, value)
        if chosen is not None and chosen not in defined((maker,)):
            return self._at(now, chosen)
        if chosen is not None and (chosen, now.level) in now.memo:
            return now.memo[chosen, now.level]
        again, renamed = self._branch_again(maker, value, chosen)
        if any(isinstance(inner, Aggregate | Call) for inner in walk(again)):
            self._refuse(value)
            return value
        return self._made_again(now, value, again, renamed)

    def _made_again(
        self, now: _Round, value: Value, again: Block, renamed: dict[Value, Value]
    ) -> Value:
        """The value made again by copies of its operations, which read values of this round."""
        now.memo.update({(old, now.level): new for old, new in renamed.items()})
        own = defined(again)
        changed = substitute(again, lambda inner: inner if inner in own else self._at(now, inner))
        now.kept.extend(replace(operation, sweep=now.sweep) for operation in changed)
        return now.memo[value, now.level]

    def _chosen(self, branch: Branch, value: Value) -> Value | None:
        """The value that a branch gives if its condition is known to hold or to fail."""
        holds = self.assumed.get(self._condition(branch.condition))
        if holds is None:
            return None
        (choice,) = (each for each in branch.choices if each.output is value)
        found = choice.then if holds else choice.orelse
        return found if isinstance(found, Value) else None

    def _branch_again(
        self, branch: Branch, value: Value, chosen: Value | None
    ) -> tuple[Block, dict[Value, Value]]:
        """A branch that makes one value again, or only its arm if the condition is known."""
        renamed: dict[Value, Value] = {}
        (kept,) = remove_dead((branch,), [value])
        copied = copy_operation(kept, renamed)
        (copied,) = substitute((copied,), lambda old: renamed.get(old, old))
        assert isinstance(copied, Branch)
        if chosen is None:
            return (copied,), {value: renamed[value]}
        holds = self.assumed[self._condition(branch.condition)]
        arm = copied.then if holds else copied.orelse
        visible = {old: new for old, new in renamed.items() if new in defined(arm)}
        return arm, {**visible, value: renamed[chosen]}

    @staticmethod
    def _again(maker: Broadcast | Apply, value: Value) -> tuple[Block, dict[Value, Value]]:
        """The operation that makes a client value; for a broadcast, only the part that does."""
        renamed: dict[Value, Value] = {}

        def fresh(old: Value) -> Value:
            renamed[old] = replace(old)
            return renamed[old]

        if isinstance(maker, Broadcast):
            index = maker.results.index(value)
            sent = (maker.values[index],)
            return (replace(maker, values=sent, results=(fresh(value),)),), renamed
        return (replace(maker, result=rebuild(maker.result, fresh)),), renamed
