"""Builtins at the server, as plain operators where the operands are proven to be arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import call, number, operation
from fadc.emit.code.templates import expression
from fadc.emit.context import Context
from fadc.emit.functions.calls import builtin_call
from fadc.ir import Apply, Builtin, Leaf, Value, all_leaves, is_array

_OPERATORS = {"add": "+", "scale": "*"}


def server_builtin(context: Context, function: Builtin, apply: Apply, args: Sequence[Any]) -> Any:
    """A builtin of an operation, applied to the expressions of its arguments."""
    if function.name == "segment_end":
        end = operation(args[0], "+", number(int(function.detail)))
        return call(context.python("min"), end, args[1])
    if function.name in ("vdot", "vdots"):
        return _vdot(context, apply, args, stacked=function.name == "vdots")
    arrays = all(isinstance(arg, Value) and is_array(arg.type) for arg in apply.args)
    if arrays and function.name in _OPERATORS:
        return operation(args[0], _OPERATORS[function.name], args[1])
    if function.name in ("over_clients", "times_clients"):
        return _by_clients(context, function, args[0], arrays)
    return builtin_call(context, function, args, is_proven(apply))


def is_proven(apply: Apply) -> bool:
    """Whether the first argument is proven to be one array."""
    first = apply.args[0] if apply.args else None
    return isinstance(first, Value) and is_array(first.type)


def _by_clients(context: Context, function: Builtin, value: Any, arrays: bool) -> Any:
    """A value divided by the number of clients, or multiplied by it."""
    clients = call(context.name("fed.num_clients"))
    if function.name == "over_clients":
        return builtin_call(context, Builtin("divide"), [value, clients], arrays)
    if arrays:
        return operation(clients, "*", value)
    return call(context.name("fed.scale"), clients, value)


def _vdot(context: Context, apply: Apply, args: Sequence[Any], stacked: bool) -> Any:
    """The inner product of a value's cotangent and tangent, or with each tangent of a stack."""
    known = [v.type.array for v in all_leaves(apply.args) if isinstance(v.type, Leaf)]
    proven = [array.dims == () for array in known if array and array.differentiable]
    if any(proven):
        return operation(args[0], "*", args[1])
    inner = context.name("jnp.vdot" if proven else "fed.vdot")
    if stacked:
        inner = call(context.name("jax.vmap"), inner, expression("(None, 0)"))
    return call(inner, *args)
