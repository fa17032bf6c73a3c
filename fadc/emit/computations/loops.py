"""Loops as emitted: their variables, the lists that they fill and run over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fadc.analyses.rows import grouped
from fadc.emit.code import statements
from fadc.emit.code.nodes import call, list_, name, tuple_
from fadc.emit.code.queries import name_of
from fadc.emit.code.statements import assignment
from fadc.emit.code.templates import statement
from fadc.emit.computations.expressions import tree_text
from fadc.emit.computations.moves import moves
from fadc.emit.computations.scope import Scope
from fadc.emit.computations.targets import target_text
from fadc.emit.displays import zipped
from fadc.emit.naming.uses import early_stacks
from fadc.ir import Literal, Loop, Source, Stack, Tree, Value, rebuild


def before_loop(scope: Scope, loop: Loop) -> list[Any]:
    """The variables of a loop that do not hold their values yet, and the empty lists that it fills."""
    made: list[Any] = []
    for item, word in zip(loop.carried, scope.names.carried[loop], strict=True):
        text = tree_text(scope, item.init)
        if name_of(text) != word:
            made.append(assignment(name(word), text))
    filled = [stacks[0].tape for stacks in grouped(loop.stacks).values()]
    return made + [assignment(name(_tape_name(scope, tape)), list_([])) for tape in filled]


def loop_text(scope: Scope, loop: Loop, inner: Sequence[Any], depth: int) -> Any:
    """A ``for`` statement around the statements of its body, at some depth."""
    target, iterable, extras = _header(scope, scope.names.sources[loop])
    early, late = early_stacks(loop)
    results = [item.result for item in loop.carried]
    body = [*extras, *_appends(scope, early), *inner, *_appends(scope, late)]
    body += moves(scope, zip(results, scope.names.carried[loop], strict=True))
    return statements.loop(target, iterable, body or [statement("pass")], depth)


# The lists that a loop fills -------------------------------------------------------------------


def _tape_name(scope: Scope, tape: Value) -> str:
    """The name of a list: of its own, or of the rows that the tape is a column of."""
    listed = scope.names.lists.get(tape)
    return listed[0] if listed else scope.names.values[tape]


def _appends(scope: Scope, filled: Iterable[Stack]) -> list[Any]:
    """``models.append(w)``."""
    made: list[Any] = []
    for stacks in grouped(filled).values():
        tape = stacks[0].tape
        item = tree_text(scope, _row(scope, stacks, tape))
        append = "$list.append($item)"
        made.append(statement(append, list=_tape_name(scope, tape), item=item))
    return made


def _row(scope: Scope, stacks: Sequence[Stack], tape: Value) -> Tree:
    """What is appended: an item, or a row of several."""
    if tape not in scope.names.lists:
        return stacks[0].item
    items: Mapping[Value, Tree] = {stack.tape: stack.item for stack in stacks}
    return rebuild(scope.names.lists[tape][1].children[0], lambda column: items[column])


# What a loop runs over -------------------------------------------------------------------------


def _header(scope: Scope, sources: Sequence[Source]) -> tuple[Any, Any, list[Any]]:
    """The target and the iterable of a ``for`` statement, and what takes apart the dicts in the target."""
    parts: list[tuple[Any, Any]] = []
    extras: list[Any] = []
    rest = iter(sources)
    for source in rest:
        target, more = target_text(scope, source.target)
        extras += more
        if source.kind == "count":
            [start, over] = [tree_text(scope, arg) for arg in source.args], next(rest)
            inner, more = target_text(scope, over.target)
            extras += more
            counted = call(scope.context.python("enumerate"), _iterable(scope, over), *start)
            parts.append((tuple_([target, inner]), counted))
        else:
            parts.append((target, _iterable(scope, source)))
    if len(parts) == 1:
        return *parts[0], extras
    over_all = zipped(scope.context, [iterable for _, iterable in parts])
    return tuple_([target for target, _ in parts]), over_all, extras


def _iterable(scope: Scope, source: Source) -> Any:
    """``range(n)``, a tape or a list of rows, forwards or reversed."""
    python = scope.context.python
    found: Any
    if source.kind == "range":
        found = call(python("range"), *(tree_text(scope, arg) for arg in source.args))
    elif source.kind == "rows":
        assert isinstance(source.args[0], Literal)
        found = name(source.args[0].source)
    else:
        found = tree_text(scope, source.args[0])
    return call(python("reversed"), found) if source.reverse else found
