"""Calls of methods: of arrays, of containers, of objects of which nothing is known."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from fadc.diagnostics import Severity
from fadc.syntax.local import library
from fadc.syntax.local.calls import Site, unknown_result
from fadc.syntax.local.effects import refuse_mutator
from fadc.syntax.local.facts import STATIC, Fact, Kind, combined, constant, cut, display, element
from fadc.syntax.local.frame import Frame

_VIEWS = frozenset("values items keys get copy".split())


def call_method(frame: Frame, owner: Fact, name: str, site: Site) -> Fact:
    """What is known of ``owner.name(…)``."""
    from fadc.syntax.local.jax_functions import call_family

    if name in library.CONCRETE_METHODS and owner.traced:
        return concrete(frame, owner, f"`.{name}()`", site.node)
    if name == "format" and is_text(getattr(getattr(site.node, "func", None), "value", None)):
        return of_text(frame, site.facts, "`.format(…)`", site.node)
    if isinstance(site.node, ast.Call) and isinstance(site.node.func, ast.Attribute):
        if refuse_mutator(frame, owner, site.node, site.discarded):
            return combined([owner, *site.facts], Kind.UNKNOWN)
    if owner.kind is Kind.ARRAY:
        own = (
            site.node.func.value
            if isinstance(site.node, ast.Call) and isinstance(site.node.func, ast.Attribute)
            else site.node
        )
        return call_family(
            frame, name, replace(site, args=(owner, *site.args), nodes=(own, *site.nodes))
        )
    if owner.kind is Kind.TREE and name in _VIEWS:
        return _view(owner, name, site)
    return unknown_result(site, replace(owner, function=None))


def _view(owner: Fact, name: str, site: Site) -> Fact:
    """What is inside a container."""
    if name == "keys":
        return STATIC
    if name == "copy":
        return replace(owner, borrowed=False)
    item = element(owner)
    return display([display([STATIC, item])]) if name == "items" else item


def concrete(frame: Frame, fact: Fact, operation: str, node: ast.expr) -> Fact:
    """Report that Python is given the value of an array, which a trace does not have.

    At the server there is one, but the derivative does not see where it goes.
    """
    severity = None if frame.at_clients or fact.active else Severity.WARNING
    frame.report("FAD413", node, severity, operation=operation, function=frame.label)
    found = cut([constant(fact)])
    return replace(found, kind=Kind.UNKNOWN)


def of_text(frame: Frame, facts: Iterable[Fact], operation: str, node: ast.expr) -> Fact:
    """What is made of the text of values: that of an array that JAX traces is not what it will be."""
    traced = next((fact for fact in facts if fact.traced), None)
    return STATIC if traced is None else concrete(frame, traced, operation, node)


def is_text(node: object) -> bool:
    """Whether an expression is a string that is written out."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
