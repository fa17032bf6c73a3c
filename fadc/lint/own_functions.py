"""Calls of the program's own functions: their parameters and their bodies."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from fadc.lint import library
from fadc.lint.facts import Fact, Kind, combined, constant
from fadc.lint.frame import CallFrame
from fadc.lint.functions import OwnFunction
from fadc.lint.sites import Site, unknown_result
from fadc.syntax.source import names

DEEPEST = 40
"""The largest depth of nested calls that is read."""


def call_own_function(frame: CallFrame, function: OwnFunction, site: Site) -> Fact:
    """Reads the body of a function for the arguments of a call."""
    session, node = frame.session, function.node
    if node in session.running or len(session.running) > DEEPEST:
        return unknown_result(site)
    key = (
        function,
        site.args,
        tuple(sorted(site.keywords.items(), key=lambda item: item[0])),
        frame.muted,
        frame.pulled,
        session.pushing,
        frame.at_clients,
    )
    remembered = function.frame is None
    if remembered and key in session.known:
        return session.known[key]
    session.running.append(node)
    try:
        result = _run_body(frame, function, site)
    finally:
        session.running.pop()
    if remembered:
        session.known[key] = result
    return result


def _run_body(frame: CallFrame, function: OwnFunction, site: Site) -> Fact:
    label = "a lambda" if isinstance(function.node, ast.Lambda) else function.node.name
    given = site
    if function.rule is not None:
        _refuse_rule(frame, function.rule, label, site)
        stripped = {name: constant(fact) for name, fact in site.keywords.items()}
        given = replace(site, args=tuple(map(constant, site.args)), keywords=stripped)
    outer = function.frame or CallFrame(frame.session, frame.module, frame.at_clients, label)
    inner = outer.inner(label, parameters(outer, function.node, given))
    inner.at_clients, inner.pulled = frame.at_clients, frame.pulled or outer.pulled
    inner.muted = frame.muted or outer.muted
    result = inner.run(function.node)
    if function.rule is not None:
        given_ones = combined(site.facts)
        result = replace(
            result, active=given_ones.active, pending=given_ones.pending, parts=None, keys=()
        )
    return result


def _refuse_rule(frame: CallFrame, rule: str, label: str, site: Site) -> None:
    """Report a function with a backward rule only, if tangents reach it; in reverse none do."""
    tangents = any(fact.active for fact in site.facts)
    if rule in library.REVERSE_ONLY and frame.session.pushing and tangents:
        if not frame.pulled:
            callee = label if label == "a lambda" else f"`{label}`"
            frame.report("FAD417", site.node, callee=callee, rule=rule)


def parameters(outer: CallFrame, node: ast.Lambda | ast.FunctionDef, site: Site) -> dict[str, Fact]:
    """The arguments of a call, by the function's parameters."""
    listed = names.positional(node)
    found = dict(zip(listed, site.args, strict=False))
    defaults = zip(reversed(listed), reversed(node.args.defaults), strict=False)
    pairs = [
        *defaults,
        *zip([a.arg for a in node.args.kwonlyargs], node.args.kw_defaults, strict=True),
    ]
    plain = {*listed, *(argument.arg for argument in node.args.kwonlyargs)}
    for name, fact in site.keywords.items():
        if name in plain:
            found[name] = fact
    for name, default in pairs:
        if name not in found and default is not None:
            found[name] = outer.silent().evaluate(default)
    for name in plain:
        found.setdefault(name, unknown_result(site))
    _bind_starred(found, node, site, len(listed))
    return {name: replace(fact, borrowed=True) for name, fact in found.items()}


def _bind_starred(
    found: dict[str, Fact], node: ast.Lambda | ast.FunctionDef, site: Site, count: int
) -> None:
    if node.args.vararg is not None:
        rest = site.args[count:]
        found[node.args.vararg.arg] = replace(combined(rest, _container(rest)), parts=rest)
    if node.args.kwarg is not None:
        named = [fact for name, fact in site.keywords.items() if name not in found]
        found[node.args.kwarg.arg] = combined(named, _container(named))


def _container(parts: Sequence[Fact]) -> Kind:
    if all(part.kind is Kind.STATIC for part in parts):
        return Kind.STATIC
    return Kind.TREE if all(part.traced for part in parts) else Kind.UNKNOWN
