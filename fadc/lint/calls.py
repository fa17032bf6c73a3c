"""Calls inside local functions, dispatched by what is called."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.lint import library
from fadc.lint.facts import Fact, Kind, combined
from fadc.lint.frame import CallFrame
from fadc.lint.functions import DerivedFunction, Function, Library, Method, OwnFunction, Partial
from fadc.lint.jax_functions import call_library
from fadc.lint.methods import call_method
from fadc.lint.own_functions import call_own_function
from fadc.lint.sites import Site, unknown_result


def evaluate_call(frame: CallFrame, node: ast.Call, discarded: bool = False) -> Fact:
    """The fact of a call's result."""
    if frame.module.computation(node.func) or frame.module.primitive(node.func):
        return frame.federated
    function = frame.evaluate(node.func)
    args: list[Fact] = []
    nodes: list[ast.expr] = []
    for argument in node.args:
        fact = frame.evaluate(argument)
        spread = isinstance(argument, ast.Starred) and fact.parts is not None
        args += fact.parts or () if spread else [fact]
        nodes += [argument] * (len(fact.parts or ()) if spread else 1)
    keywords = {k.arg or "**": frame.evaluate(k.value) for k in node.keywords}
    keyword_nodes = {k.arg or "**": k.value for k in node.keywords}
    return call(
        frame,
        function,
        Site(node, tuple(args), keywords, tuple(nodes), keyword_nodes, discarded),
    )


def call(frame: CallFrame, fact: Fact, site: Site) -> Fact:
    """The fact of the result of calling a function."""
    match fact.function:
        case OwnFunction() as function:
            return call_own_function(frame, function, site)
        case Partial(function=inner, args=args, keywords=keywords):
            given = replace(
                site, args=(*args, *site.args), keywords={**dict(keywords), **site.keywords}
            )
            return call(frame, Fact(Kind.STATIC, function=inner), replace(given, nodes=()))
        case DerivedFunction(function=inner, transform=transform):
            return _call_derivative(frame, inner, transform, site)
        case Library(name=name):
            return call_library(frame, name, site)
        case Method(owner=owner, name=name):
            return call_method(frame, owner, name, site)
    return unknown_result(site, fact)


def _call_derivative(frame: CallFrame, inner: Function, transform: str, site: Site) -> Fact:
    """``jax.grad(f)(…)``: the function is read as it is; the derivative depends on the same."""
    if transform in library.PULLING:
        frame = frame.differentiating()
    value = call(frame, Fact(Kind.STATIC, function=inner), site)
    gradient = replace(combined(site.facts, Kind.TREE), pending=frozenset())
    if transform == "jax.value_and_grad":
        parts = (value, gradient)
        return replace(combined(parts, Kind.TREE), parts=parts)
    return gradient
