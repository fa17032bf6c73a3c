"""Emitted loops: their variables, and the lists that they fill and iterate over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fadc.analyses.rows import grouped
from fadc.emit.code import statements
from fadc.emit.code.nodes import call, list_, name, tuple_
from fadc.emit.code.queries import name_of
from fadc.emit.code.statements import assignment
from fadc.emit.code.templates import statement
from fadc.emit.computations.emission import Emission
from fadc.emit.computations.expressions import tree_text
from fadc.emit.computations.moves import moves
from fadc.emit.computations.targets import target_text
from fadc.emit.displays import zipped
from fadc.emit.naming.uses import early_stacks
from fadc.ir import Literal, Loop, Source, Stack, Tree, Value, rebuild


def before_loop(emission: Emission, loop: Loop) -> list[Any]:
    """The statements before a loop: initial values of variables, and empty lists for tapes."""
    made: list[Any] = []
    for item, word in zip(loop.carried, emission.names.carried[loop], strict=True):
        text = tree_text(emission, item.init)
        if name_of(text) != word:
            made.append(assignment(name(word), text))
    filled = [stacks[0].tape for stacks in grouped(loop.stacks).values()]
    return made + [assignment(name(_tape_name(emission, tape)), list_([])) for tape in filled]


def loop_text(emission: Emission, loop: Loop, inner: Sequence[Any], depth: int) -> Any:
    """A ``for`` statement around the statements of its body, at a depth."""
    target, iterable, extras = _header(emission, emission.names.sources[loop])
    early, late = early_stacks(loop)
    results = [item.result for item in loop.carried]
    body = [*extras, *_appends(emission, early), *inner, *_appends(emission, late)]
    body += moves(emission, zip(results, emission.names.carried[loop], strict=True))
    return statements.loop(target, iterable, body or [statement("pass")], depth)


# The lists that a loop fills -------------------------------------------------------------------


def _tape_name(emission: Emission, tape: Value) -> str:
    """The name of a tape's list, or of the list of rows of which the tape is a column."""
    listed = emission.names.lists.get(tape)
    return listed[0] if listed else emission.names.values[tape]


def _appends(emission: Emission, filled: Iterable[Stack]) -> list[Any]:
    """``models.append(w)``."""
    made: list[Any] = []
    for stacks in grouped(filled).values():
        tape = stacks[0].tape
        item = tree_text(emission, _row(emission, stacks, tape))
        append = "$list.append($item)"
        made.append(statement(append, list=_tape_name(emission, tape), item=item))
    return made


def _row(emission: Emission, stacks: Sequence[Stack], tape: Value) -> Tree:
    """The appended expression: an item, or a row of several."""
    if tape not in emission.names.lists:
        return stacks[0].item
    items: Mapping[Value, Tree] = {stack.tape: stack.item for stack in stacks}
    return rebuild(emission.names.lists[tape][1].children[0], lambda column: items[column])


# Iterables -------------------------------------------------------------------------


def _header(emission: Emission, sources: Sequence[Source]) -> tuple[Any, Any, list[Any]]:
    """The target and the iterable of a ``for`` statement, and the unpacking of dicts in targets."""
    parts: list[tuple[Any, Any]] = []
    extras: list[Any] = []
    rest = iter(sources)
    for source in rest:
        target, more = target_text(emission, source.target)
        extras += more
        if source.kind == "count":
            [start, over] = [tree_text(emission, arg) for arg in source.args], next(rest)
            inner, more = target_text(emission, over.target)
            extras += more
            counted = call(emission.context.python("enumerate"), _iterable(emission, over), *start)
            parts.append((tuple_([target, inner]), counted))
        else:
            parts.append((target, _iterable(emission, source)))
    if len(parts) == 1:
        return *parts[0], extras
    over_all = zipped(emission.context, [iterable for _, iterable in parts])
    return tuple_([target for target, _ in parts]), over_all, extras


def _iterable(emission: Emission, source: Source) -> Any:
    """``range(n)``, a tape or a list of rows, forwards or reversed."""
    python = emission.context.python
    found: Any
    if source.kind == "range":
        found = call(python("range"), *(tree_text(emission, arg) for arg in source.args))
    elif source.kind == "rows":
        assert isinstance(source.args[0], Literal)
        found = name(source.args[0].source)
    else:
        found = tree_text(emission, source.args[0])
    return call(python("reversed"), found) if source.reverse else found
