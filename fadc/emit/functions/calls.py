"""Calls of primal functions, and JAX's derivatives of such calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.nodes import call, keyword, lambda_, name, operation, parameter, tuple_
from fadc.emit.code.user import substitute
from fadc.emit.context import Context
from fadc.emit.local_code import item_of, local_code
from fadc.ir import Builtin, Local, Mapped, Pushforward


def primal_call(
    context: Context, base: Local, arguments: Sequence[Any], statics: Sequence[str], path: str
) -> Any:
    """The text of a primal function applied to arguments; a lambda's body stands for its call."""
    if isinstance(base, Builtin):
        return builtin_call(context, base, arguments)
    assert isinstance(base, Mapped)
    function = local_code(context, base.source, path, bound=base.captures)
    if isinstance(function, cst.Lambda) and _is_plain(function.params, len(arguments)):
        own = [each.name.value for each in function.params.params]
        return substitute(function.body, dict(zip(own, arguments, strict=True)))
    given = [keyword(word, name(word)) for word in base.keywords]
    if isinstance(function, cst.Call):
        return _partial_call(function, arguments, given)
    return call(function, *arguments, *given)


def _partial_call(partial: cst.Call, arguments: Sequence[Any], given: Sequence[cst.Arg]) -> Any:
    """The call of a partial: what it holds joins the call.

    partial(f, a, n=3) of x  →  f(a, x, n=3)
    """
    function, *held = [each.with_changes(comma=_NO_COMMA) for each in partial.args]
    before = [each for each in held if each.keyword is None and each.star != "**"]
    behind = [each for each in held if each.keyword is not None or each.star == "**"]
    return call(function.value, *before, *arguments, *behind, *given)


_NO_COMMA = cst.MaybeSentinel.DEFAULT


def _is_plain(params: cst.Parameters, count: int) -> bool:
    """Whether a lambda has so many parameters, and takes each of them by position."""
    star = isinstance(params.star_arg, cst.Param | cst.ParamStar)
    extra = params.posonly_params or params.kwonly_params or star or params.star_kwarg
    default = any(each.default is not None for each in params.params)
    return not extra and not default and len(params.params) == count


def builtin_call(
    context: Context, base: Builtin, arguments: Sequence[Any], proven: bool = False
) -> Any:
    """A builtin applied to local values: ``fed.scale(c, a)``.

    A plain operator divides what is ``proven`` to be one array.
    """
    if base.name == "item":
        return item_of(base.detail, arguments[0])
    if base.name == "divide" and proven:
        return operation(arguments[0], "/", arguments[1])
    return call(builtin_name(context, base), *arguments)


def builtin_name(context: Context, base: Builtin) -> Any:
    """The function that a builtin is: ``fed.scale``."""
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
