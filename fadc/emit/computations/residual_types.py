"""Named types for the residuals of called computations: annotations that would be nested.

A reverse sweep that calls another one takes the other's residuals among its own. Nested annotations
would grow with the depth of calls, and double with each level that calls the one below it twice. So
residuals that another computation passes on have a named type:

    Level0Residuals = tuple[fed.Server, fed.Clients]
    Level1Residuals = tuple[Level0Residuals, Level0Residuals]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fadc.emit.code.nodes import name
from fadc.emit.code.statements import assignment
from fadc.emit.context import Context
from fadc.ir import Bundle, Call, Computation, Node, Tape, Tree, Type, Value, all_leaves, walk


def find_residual_types(
    context: Context, computations: Mapping[str, Computation]
) -> dict[int, str]:
    """The names of types of residuals that some computation passes on to one that it calls.

    Residuals are identified by their trees: the one that the forward sweep returns, and the one
    that the reverse sweep takes.
    """
    handed_on = {id(tree) for each in computations.values() for tree in _bundles(_signature(each))}
    found: dict[int, str] = {}
    for computation in computations.values():
        for call in walk(computation.block):
            if not isinstance(call, Call) or call.computation not in computations:
                continue
            sweep = computations[call.computation]
            for returned, taken in _residuals(call, sweep):
                if id(returned) in handed_on:
                    if id(returned) not in found:
                        found[id(returned)] = context.fresh(_word(sweep))
                    found[id(taken)] = found[id(returned)]
    return found


def residual_type(context: Context, tree: Tree, write: Callable[[], Any]) -> Any:
    """What ``write`` gives for a tree; for residuals with a name that name, which is defined with it."""
    word = context.residuals.get(id(tree))
    if word is None:
        return write()
    if word not in context.types:
        written = write()  # Those inside it are defined in front of it.
        context.types[word] = (word, assignment(name(word), written))
    return name(context.use(word))


def _signature(computation: Computation) -> Iterator[Tree]:
    yield from (parameter.tree for parameter in computation.parameters)
    yield computation.result


def _bundles(trees: Iterable[Tree]) -> Iterator[Node]:
    """The residuals of called computations among the values of some trees, in lists, too."""
    for value in all_leaves(trees):
        type_: Type = value.type
        while isinstance(type_, Tape):
            type_ = type_.item
        if isinstance(type_, Bundle):
            yield type_.tree


def _residuals(call: Call, sweep: Computation) -> Iterator[tuple[Node, Node]]:
    """The residuals that a call of a reverse sweep passes, as returned and as taken."""
    for given, parameter in zip(call.args, sweep.parameters, strict=True):
        if isinstance(given, Value) and isinstance(given.type, Bundle):
            if isinstance(parameter.tree, Node):
                yield given.type.tree, parameter.tree


def _word(sweep: Computation) -> str:
    """`Level0Residuals` for those of `level_0_bwd`."""
    stem = sweep.name.rpartition("_bwd")[0] or sweep.name
    return "".join(part[:1].upper() + part[1:] for part in f"{stem}_residuals".split("_"))
