"""The bodies of functions that return an output and its Jacobian: ``client_loss_and_jac``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fadc.analyses.client_work import split_statics
from fadc.emit.code.nodes import call, define, keyword, name, number, return_, tuple_
from fadc.emit.code.statements import assignment
from fadc.emit.context import Context
from fadc.emit.displays import displayed
from fadc.emit.fresh_names import fresh_names
from fadc.emit.functions.calls import primal_call
from fadc.emit.functions.primals import Primal
from fadc.ir import (
    Accumulated,
    Apply,
    Builtin,
    Chain,
    Literal,
    Mapped,
    Node,
    Tree,
    Value,
    all_leaves,
)
from fadc.ir.source_text import parsed, spelled
from fadc.syntax.source.names import free_names


def accumulated(
    context: Context, function: Accumulated, active: Sequence[str], primal: Any, proven: bool
) -> Any:
    """``return jax.value_and_grad(<primal>)(<active>)`` of a scalar.

    It is ``fed.gradient`` where arguments are not ``proven`` to be real, and ``fed.jacobian`` for
    any other output.
    """
    arguments = [name(word) for word in active]
    if not (function.scalar and proven):
        jacobian = context.name("fed.gradient" if function.scalar else "fed.jacobian")
        return return_(call(jacobian, primal, *arguments))
    numbers = tuple_([number(index) for index in range(len(active))])
    which = [keyword("argnums", numbers)] if len(active) > 1 else []
    gradient = call(context.name("jax.value_and_grad"), primal, *which)
    return return_(call(gradient, *arguments))


# Several mapped functions as one ---------------------------------------------------------------


@dataclass(frozen=True)
class _Writing:
    """A chain that is being written: the names of its values, and the names that are taken.

    ``read`` are the values that some step reads.
    """

    context: Context
    path: str
    read: frozenset[Value]
    taken: set[str]
    known: dict[Value, str] = field(default_factory=dict)


def chain_function(context: Context, chain: Chain, primal: Primal, active: Sequence[str]) -> Any:
    """A chain as a function of its active parameters, defined inside another one's body.

    def primal(w):
        delta = client_update(w, x)
        return compressed(delta)
    """
    read = {value for step in chain.steps for value in all_leaves(step.args)} | {chain.result}
    taken = {*context.taken, *primal.keywords, *chain_globals(chain), *primal.names}
    known = dict(zip(chain.parameters, primal.names, strict=True))
    writing = _Writing(context, primal.path, frozenset(read), taken, known)
    [label] = fresh_names(["primal"], taken)
    *steps, last = chain.steps
    body = [_step(writing, step) for step in steps]
    if last.result is chain.result:
        return define(label, active, [*body, return_(_applied(writing, last))])
    body.append(_step(writing, last))
    return define(label, active, [*body, return_(name(known[chain.result]))])


def _step(writing: _Writing, step: Apply) -> Any:
    """One step of a chain, under the name of its result."""
    value = _applied(writing, step)
    return assignment(_target(writing, step.result), value)


def _applied(writing: _Writing, step: Apply) -> Any:
    """The call of a mapped function with the expressions of its arguments."""
    args, statics = split_statics(step)
    values = (name(writing.known[value]) for value in all_leaves(args))
    written = displayed(writing.context, args, values)
    function = step.function
    assert isinstance(function, Mapped | Builtin)
    if isinstance(function, Builtin) and function.name in ("pack", "unpack"):
        return written[0]
    keywords = [word for word, _ in statics]
    return primal_call(writing.context, function, written, keywords, writing.path)


def _target(writing: _Writing, tree: Tree) -> Any:
    """Names for the results of a step."""
    if isinstance(tree, Node):
        return tuple_([_target(writing, child) for child in tree.children])
    assert isinstance(tree, Value)
    if tree in writing.read:
        [writing.known[tree]] = fresh_names([tree.name], writing.taken)
        return name(writing.known[tree])
    return name(fresh_names(["unread"], writing.taken)[0] if "_" in writing.taken else "_")


def chain_globals(chain: Chain) -> set[str]:
    """The names that the functions of a chain read, which its own names must not hide."""
    texts = [step.function.source for step in chain.steps if isinstance(step.function, Mapped)]
    return {word for source in texts for word in free_names(parsed(source))}


def chain_key(chain: Chain) -> object:
    """Equal for chains of the same text."""
    numbers: dict[Value, int] = {value: i for i, value in enumerate(chain.parameters)}

    def shape(tree: Tree) -> object:
        if isinstance(tree, Value):
            return numbers.setdefault(tree, len(numbers))
        if isinstance(tree, Literal):
            return spelled(tree.source)
        return (tree.kind, tree.keys, tuple(shape(child) for child in tree.children))

    steps = []
    for step in chain.steps:
        args, statics = split_statics(step)
        function = step.function
        if isinstance(function, Mapped):
            function = replace(function, source=spelled(function.source))
        named = tuple(word for word, _ in statics)
        steps.append((function, tuple(map(shape, args)), named, shape(step.result)))
    return (tuple(steps), shape(chain.result))
