"""One derived computation as Python: its statements, in the order of its operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fadc.emit.code.nodes import BLANK, comment, define, docstring, name
from fadc.emit.code.statements import assignment, returned, with_lines
from fadc.emit.computations.branches import branch_text
from fadc.emit.computations.emission import Emission
from fadc.emit.computations.expressions import operation_text, tree_text
from fadc.emit.computations.generics import generic
from fadc.emit.computations.loops import before_loop, loop_text
from fadc.emit.computations.quotes import Quote, quoted
from fadc.emit.computations.signature import Signature
from fadc.emit.computations.targets import items, target_text
from fadc.emit.context import Context
from fadc.emit.naming.assign import is_taken_apart
from fadc.emit.naming.targets import target_of
from fadc.ir import Block, Branch, Computation, Loop, Node, Operation, Parameter, Sweep


def emit_computation(
    context: Context, computation: Computation, signatures: Mapping[str, Computation]
) -> Any:
    """The definition of a derived computation."""
    emission = Emission.of(context, computation, signatures)
    signature = Signature(context, computation)
    body = [docstring(computation.docstring)] if computation.docstring else []
    for parameter in computation.parameters:
        body += _parts(emission, parameter)
    body += _sweeps(emission, computation.block)
    body.append(returned(tree_text(emission, computation.result)))
    made = define(
        computation.name,
        signature.parameters(),
        with_lines(body),
        signature.result(),
        [signature.decorator()],
    )
    return generic(context, computation, made)


def _parts(emission: Emission, parameter: Parameter) -> list[Any]:
    """The statements at the top that unpack composite parameters."""
    tree = parameter.tree
    if not isinstance(tree, Node) or not is_taken_apart(emission.uses, tree) or tree.kind == "rows":
        return []
    if tree.kind == "dict":
        return items(emission, tree, parameter.name)
    target, extras = target_text(emission, tree)
    return [assignment(target, name(parameter.name)), *extras]


def _sweeps(emission: Emission, block: Block) -> list[Any]:
    """The statements of the whole body; each sweep has a heading."""
    if not any(operation.sweep is Sweep.REVERSE for operation in block):
        return _block(emission, block)
    kept = [operation for operation in block if operation in emission.uses.starts]
    primal = [i for i, operation in enumerate(kept) if operation.sweep is Sweep.PRIMAL]
    split = max(primal, default=-1) + 1
    body: list[Any] = []
    if split:
        body += [comment("Primal sweep."), *_block(emission, tuple(kept[:split]))]
    if kept[split:]:
        body += [*([BLANK] if split else []), comment("Reverse sweep.")]
        body += _block(emission, tuple(kept[split:]))
    return body


def _block(
    emission: Emission, block: Block, last: Quote | None = None, depth: int = 1
) -> list[Any]:
    """The statements of a block, each below a quotation of its primal statement.

    ``last`` is the primal statement that was quoted last, ``depth`` the indentation.
    """
    body: list[Any] = []
    for operation in block:
        if operation not in emission.uses.starts:
            continue
        origin = _origin(emission, operation)
        if origin is not None and origin != last:
            body += map(comment, origin.lines)
        body += _operation(emission, operation, origin, depth)
        last = None if isinstance(operation, Loop | Branch) else origin
    return body


def _origin(emission: Emission, operation: Operation) -> Quote | None:
    """The primal statement whose pullback an operation of the reverse sweep is."""
    if operation.sweep is not Sweep.REVERSE:
        return None
    context = emission.context
    module = context.modules.get(operation.span.path, context.module)
    return quoted(module, operation.span, foreign=module is not context.module)


def _operation(
    emission: Emission, operation: Operation, last: Quote | None, depth: int
) -> list[Any]:
    """The statements of one operation."""
    if isinstance(operation, Loop):
        inner = with_lines(_block(emission, operation.body, last, depth + 1))
        return [*before_loop(emission, operation), loop_text(emission, operation, inner, depth)]
    if isinstance(operation, Branch):
        arms = (
            _block(emission, arm, last, depth + 1) for arm in (operation.then, operation.orelse)
        )
        return [branch_text(emission, operation, *map(with_lines, arms))]
    target, extras = target_text(emission, target_of(operation))
    return [assignment(target, operation_text(emission, operation)), *extras]
