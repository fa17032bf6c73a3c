"""Calls of methods: of arrays, of containers, of objects of which nothing is known."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.diagnostics import Severity
from fadc.lint import library
from fadc.lint.calls import Site, unknown_result
from fadc.lint.effects import refuse_mutator
from fadc.lint.facts import STATIC, Fact, Kind, combined, constant, cut, display, element
from fadc.lint.frame import Frame

_VIEWS = frozenset("values items keys get copy".split())


def call_method(frame: Frame, owner: Fact, name: str, site: Site) -> Fact:
    """What is known of ``owner.name(…)``."""
    from fadc.lint.jax_functions import call_family

    if name in library.CONCRETE_METHODS and owner.traced:
        return concrete(frame, owner, f"`.{name}()`", site.node)
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
