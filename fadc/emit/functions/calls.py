"""Calls of primal functions, and JAX's derivatives of such calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.applied import applied
from fadc.emit.code.nodes import call, keyword, lambda_, name, operation, parameter, tuple_
from fadc.emit.context import Context
from fadc.emit.local_code import item_of, local_code
from fadc.ir import Builtin, Local, Mapped, Pushforward


def primal_call(
    context: Context, base: Local, arguments: Sequence[Any], statics: Sequence[str], path: str
) -> Any:
    """A primal function applied to arguments; the call of a lambda is replaced by its body."""
    if isinstance(base, Builtin):
        return builtin_call(context, base, arguments)
    assert isinstance(base, Mapped)
    function = local_code(context, base.source, path, bound=base.captures)
    return applied(function, arguments, [keyword(word, name(word)) for word in base.keywords])


def builtin_call(
    context: Context, base: Builtin, arguments: Sequence[Any], proven: bool = False
) -> Any:
    """A builtin applied to local values: ``fed.scale(c, a)``.

    A value that is ``proven`` to be one array is divided with a plain operator.
    """
    if base.name == "item":
        return item_of(base.detail, arguments[0])
    if base.name == "divide" and proven:
        return operation(arguments[0], "/", arguments[1])
    return call(builtin_name(context, base), *arguments)


def builtin_name(context: Context, base: Builtin) -> Any:
    """The run-time function of a builtin: ``fed.scale``."""
    return context.name(f"{'jnp' if base.name == 'ones_like' else 'fed'}.{base.name}")


def vjp(
    context: Context,
    active: Sequence[str],
    body: Any,
    arguments: Sequence[Any],
    bound: Sequence[str] = (),
) -> Any:
    """``jax.vjp(lambda <active>: <body>, <arguments>)``; ``bound`` names are bound as defaults."""
    return call(context.name("jax.vjp"), function_of(active, body, bound), *arguments)


def jvp(
    context: Context,
    pushed: Pushforward,
    active: Sequence[str],
    body: Any,
    arguments: Sequence[Any],
    tangents: Sequence[Any],
    bound: Sequence[str] = (),
) -> Any:
    """``jax.jvp(lambda <active>: <body>, (<arguments>,), (<tangents>,))``; ``fed.push`` of a stack."""
    function = context.name("jax.jvp" if pushed.stack is None else "fed.push")
    made = function_of(active, body, bound)
    return call(function, made, tuple_(arguments), tuple_(tangents))


def function_of(names: Sequence[str], body: Any, bound: Sequence[str] = ()) -> Any:
    """``lambda <names>: <body>``; ``bound`` names are bound as defaults."""
    defaults = [parameter(word, default=name(word)) for word in bound]
    return lambda_([*map(parameter, names), *defaults], body)
