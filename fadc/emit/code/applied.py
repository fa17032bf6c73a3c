"""Calls of functions given as expressions: a lambda, a partial, or any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.nodes import call
from fadc.emit.code.substitution import substitute
from fadc.emit.code.templates import element

_NO_COMMA = cst.MaybeSentinel.DEFAULT
_ARGUMENT = cst.Arg(cst.Name("_"))


def applied(function: Any, arguments: Sequence[Any], keywords: Sequence[cst.Arg]) -> Any:
    """A function applied to arguments; calls of lambdas and partials are simplified.

    lambda w: w * c  of x   →  x * c
    partial(f, a, n=3) of x  →  f(a, x, n=3)
    """
    if isinstance(function, cst.Lambda) and _is_plain(function.params, len(arguments)):
        own = [each.name.value for each in function.params.params]
        return substitute(function.body, dict(zip(own, arguments, strict=True)))
    if isinstance(function, cst.Call):
        return _of_partial(function, arguments, keywords)
    return call(function, *arguments, *keywords)


def _of_partial(partial: cst.Call, arguments: Sequence[Any], keywords: Sequence[cst.Arg]) -> Any:
    """The call of a partial, as a call of its function with all arguments."""
    function, *held = partial.args
    before = [each for each in held if each.keyword is None and each.star != "**"]
    behind = [each for each in held if each.keyword is not None or each.star == "**"]
    listed = [element(each, _ARGUMENT) for each in (*before, *arguments, *behind, *keywords)]
    last = [each.with_changes(comma=_NO_COMMA) for each in listed[-1:]]
    return call(function.value, *listed[:-1], *last)


def _is_plain(params: cst.Parameters, count: int) -> bool:
    """Whether a lambda has exactly ``count`` parameters, all positional."""
    star = isinstance(params.star_arg, cst.Param | cst.ParamStar)
    extra = params.posonly_params or params.kwonly_params or star or params.star_kwarg
    default = any(each.default is not None for each in params.params)
    return not extra and not default and len(params.params) == count
