"""Calls of Python's built-in functions."""

from __future__ import annotations

from dataclasses import replace

from fadc.lint import library
from fadc.lint.decisions import concrete, decide, of_text
from fadc.lint.facts import (
    STATIC,
    Fact,
    Kind,
    Sign,
    combined,
    cut,
    display,
    element,
    iterated,
    join_all,
)
from fadc.lint.frame import CallFrame
from fadc.lint.gradients import zero_gradient
from fadc.lint.sites import Site, unknown_result

_COPIES = frozenset("list tuple reversed dict set frozenset iter".split())


def call_builtin(frame: CallFrame, name: str, site: Site) -> Fact:
    """The fact of a builtin function's result."""
    first = site.args[0] if site.args else STATIC
    if name in library.STATIC_BUILTINS:
        return STATIC
    if name in library.CONCRETE and first.traced:
        if name == "bool" and first.kind is not Kind.ARRAY:
            return STATIC
        return concrete(frame, first, f"`{name}(…)`", site.node)
    if name in library.TEXTS:
        return of_text(frame, site.facts, f"`{name}(…)`", site.node)
    if name in library.DECIDING:
        return _decide(frame, name, site)
    if name == "range":
        for fact, node in zip(site.args, site.nodes, strict=False):
            decide(frame, node, fact, "a `range`")
        return STATIC
    if name == "round":
        return cut(site.facts, zero_gradient(frame, site.node, "`round`"))
    if name in ("abs", "pow", "sum", "divmod"):
        sign = Sign.NONNEGATIVE if name == "abs" else Sign.ANY
        facts = [*map(element, site.args[:1]), *site.args[1:]] if name == "sum" else site.facts
        traced = any(fact.traced for fact in facts)
        return combined(facts, Kind.ARRAY if traced and name != "sum" else None, sign)
    return _iterate(frame, name, site)


def _decide(frame: CallFrame, name: str, site: Site) -> Fact:
    """``max``, ``sorted`` and the like, which compare their arguments."""
    several = len(site.args) > 1
    compared = site.args if several else tuple(map(element, site.args))
    if several or site.args and site.args[0].kind is Kind.ARRAY:
        pairs = zip(compared, site.nodes, strict=False)
        arrays = [(node, fact) for fact, node in pairs if fact.kind is Kind.ARRAY]
        for node, fact in arrays[:1]:
            decide(frame, node, fact, f"`{name}`")
    found = combined(compared)
    return replace(found, kind=Kind.UNKNOWN if found.kind is not Kind.STATIC else found.kind)


def _iterate(frame: CallFrame, name: str, site: Site) -> Fact:
    """Functions that return iterables over their arguments."""
    first = site.args[0] if site.args else STATIC
    if name in _COPIES:
        return replace(first, borrowed=False, function=None)
    if name == "enumerate":
        return display([display([STATIC, iterated(first)])])
    if name == "zip":
        return display([display([iterated(fact) for fact in site.args])])
    if name == "map" and len(site.args) > 1:
        return display([frame.call(first, site.calling(0, *map(element, site.args[1:])))])
    if name == "filter" and len(site.args) > 1:
        return display([iterated(site.args[1])])
    if name in ("next", "getattr", "vars"):
        return join_all([element(first), *site.args[2:]])
    return unknown_result(site)
