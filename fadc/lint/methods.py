"""Calls of methods: of arrays, of containers, of unknown objects."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.lint import library
from fadc.lint.decisions import concrete, is_text, of_text
from fadc.lint.effects import refuse_mutator
from fadc.lint.facts import STATIC, Fact, Kind, combined, display, element
from fadc.lint.frame import CallFrame
from fadc.lint.jax_functions import call_family
from fadc.lint.sites import Site, unknown_result

_VIEWS = frozenset("values items keys get copy".split())


def call_method(frame: CallFrame, owner: Fact, name: str, site: Site) -> Fact:
    """What is known of ``owner.name(…)``."""
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
    """The fact of a view of a container."""
    if name == "keys":
        return STATIC
    if name == "copy":
        return replace(owner, borrowed=False)
    item = element(owner)
    return display([display([STATIC, item])]) if name == "items" else item
