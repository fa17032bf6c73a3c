"""The names of a computation's values, chosen before the computation is written.

One pass over the operations, in the order of the text. A name can be reused as soon as the value
that holds it is no longer read: see ``holders``.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from fadc.analyses.activity import inputs_of
from fadc.analyses.rows import groups
from fadc.emit.context import Context
from fadc.emit.naming.branches import name_branch
from fadc.emit.naming.holders import Holders
from fadc.emit.naming.loops import name_loop
from fadc.emit.naming.names import Names
from fadc.emit.naming.reserved import reserved_names
from fadc.emit.naming.targets import State, hold_rows, name_items, name_targets, target_of
from fadc.emit.naming.uses import Uses
from fadc.ir import (
    Block,
    Branch,
    Computation,
    Loop,
    Node,
    Operation,
    Parameter,
    Tree,
    Value,
    defined,
    leaves,
)


def assign_names(
    context: Context, computation: Computation, signatures: Mapping[str, Computation], uses: Uses
) -> Names:
    """Choose the names of a computation's values.

    ``signatures`` are all computations, including the one that this one is derived from.
    """
    reserved = frozenset({*reserved_names(context, computation), *context.modules_used()})
    taken = frozenset({*context.taken, *vars(builtins)})
    origins = [each for each in signatures.values() if each.span == computation.span]
    own = frozenset[str]().union(*map(_own_names, [computation, *origins]))
    holders = Holders(uses, reserved, taken, own)
    parameters = computation.parameters
    names = Names(holders.unread(each.name for each in parameters), holders.names)
    known = groups(computation.block, (each.tree for each in parameters))
    state = State(holders, names, known)
    for parameter in parameters:
        _hold_parameter(state, parameter)
    for parameter in parameters:
        _name_parts(state, parameter)
    name_block(state, computation.block)
    return names


def _own_names(computation: Computation) -> set[str]:
    """The names that the source gives to the values of a computation."""
    values = {*defined(computation.block), *inputs_of(computation)}
    return {value.name for value in values if not (value.anonymous or value.derived)}


# Parameters ----------------------------------------------------------------------------------


def _hold_parameter(state: State, parameter: Parameter) -> None:
    """Reserve a parameter's name; that of a composite parameter is never reused."""
    if isinstance(parameter.tree, Value):
        state.holders.hold(parameter.tree, parameter.name)
    else:
        state.holders.hold_for_good(parameter.name)


def _name_parts(state: State, parameter: Parameter) -> None:
    """Name the parts of a composite parameter that are read."""
    tree = parameter.tree
    if not isinstance(tree, Node) or not is_taken_apart(state.uses, tree):
        return
    if tree.kind == "rows":
        hold_rows(state, tree, parameter.name)
    elif tree.kind == "dict":
        name_items(state, tree, parameter.name, 0, [])
    else:
        name_targets(state, tree, 0, [])


def is_taken_apart(uses: Uses, tree: Tree) -> bool:
    """Whether a composite parameter is unpacked at the top, which it is if some part is read."""
    return isinstance(tree, Node) and any(value in uses.positions for value in leaves(tree))


# Operations ------------------------------------------------------------------------------------


def name_block(state: State, block: Block) -> None:
    """Name the results of operations, except those that are written in place."""
    for operation in block:
        if operation in state.uses.starts:
            _name_results(state, operation, state.uses.starts[operation])


def _name_results(state: State, operation: Operation, position: int) -> None:
    if isinstance(operation, Loop):
        name_loop(state, operation, position, name_block)
    elif isinstance(operation, Branch):
        name_branch(state, operation, name_block)
    else:
        name_targets(state, target_of(operation), position, [], top=True)
