"""Calls inside local functions: of closures, of library functions, of methods."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fadc.syntax import names
from fadc.syntax.local import library
from fadc.syntax.local.facts import (
    UNKNOWN,
    Fact,
    Kind,
    combined,
    constant,
    element,
)
from fadc.syntax.local.frame import Frame
from fadc.syntax.local.functions import Closure, Derived, Library, Method, Partial
from fadc.syntax.local.statements import run

DEEPEST = 40
"""Calls inside calls that are read."""


@dataclass(frozen=True)
class Site:
    """A call: where it stands, what it calls and is given, and whether its value is dropped."""

    node: ast.expr
    args: tuple[Fact, ...]
    keywords: Mapping[str, Fact]
    nodes: tuple[ast.expr, ...] = ()
    keyword_nodes: Mapping[str, ast.expr] = field(default_factory=dict)
    discarded: bool = False

    @property
    def facts(self) -> list[Fact]:
        """All arguments."""
        return [*self.args, *self.keywords.values()]

    def calling(self, position: int, *args: Fact) -> Site:
        """The call of an argument that is a function, by the function that is called here."""
        node = self.nodes[position] if position < len(self.nodes) else self.node
        return Site(node, args, {})

    def argument(self, position: int, keyword: str) -> Fact | None:
        """An argument that may be given by position or keyword."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.args[position] if position < len(self.args) else None


def evaluate_call(frame: Frame, node: ast.Call, discarded: bool = False) -> Fact:
    """What is known of the result of a call."""
    from fadc.syntax.local.expressions import evaluate

    if frame.module.computation(node.func) or frame.module.primitive(node.func):
        return frame.federated
    function = evaluate(frame, node.func)
    args: list[Fact] = []
    nodes: list[ast.expr] = []
    for argument in node.args:
        fact = evaluate(frame, argument)
        spread = isinstance(argument, ast.Starred) and fact.parts is not None
        args += fact.parts or () if spread else [fact]
        nodes += [argument] * (len(fact.parts or ()) if spread else 1)
    keywords = {k.arg or "**": evaluate(frame, k.value) for k in node.keywords}
    keyword_nodes = {k.arg or "**": k.value for k in node.keywords}
    return call(
        frame,
        function,
        Site(node, tuple(args), keywords, tuple(nodes), keyword_nodes, discarded),
    )


def call(frame: Frame, fact: Fact, site: Site) -> Fact:
    """What is known of the result of calling a function."""
    from fadc.syntax.local.jax_functions import call_library
    from fadc.syntax.local.methods import call_method

    match fact.function:
        case Closure() as closure:
            return call_closure(frame, closure, site)
        case Partial(function=inner, args=args, keywords=keywords):
            given = replace(
                site, args=(*args, *site.args), keywords={**dict(keywords), **site.keywords}
            )
            return call(frame, Fact(Kind.STATIC, function=inner), replace(given, nodes=()))
        case Derived(function=inner, transform=transform):
            return _call_derivative(frame, inner, transform, site)
        case Library(name=name):
            return call_library(frame, name, site)
        case Method(owner=owner, name=name):
            return call_method(frame, owner, name, site)
    return unknown_result(site, fact)


def unknown_result(site: Site, *more: Fact) -> Fact:
    """What a function of which nothing is known makes of its arguments."""
    for argument in site.facts:
        if argument.function is not None and not isinstance(argument.function, Library | Method):
            more = (*more, UNKNOWN)
    found = combined([*site.facts, *more])
    return replace(found, kind=Kind.STATIC if found.kind is Kind.STATIC else Kind.UNKNOWN)


def _call_derivative(frame: Frame, inner: object, transform: str, site: Site) -> Fact:
    """``jax.grad(f)(…)``: the function is read as it is; the derivative depends on the same."""
    if transform in library.PULLING:
        frame = frame.differentiating()
    value = call(frame, Fact(Kind.STATIC, function=inner), site)  # type: ignore[arg-type]
    gradient = replace(combined(site.facts, Kind.TREE), pending=frozenset())
    if transform == "jax.value_and_grad":
        parts = (value, gradient)
        return replace(combined(parts, Kind.TREE), parts=parts)
    return gradient


def call_closure(frame: Frame, closure: Closure, site: Site) -> Fact:
    """Reads the body of a function for what it is called with."""
    session, node = frame.session, closure.node
    if node in session.running or len(session.running) > DEEPEST:
        return unknown_result(site)
    key = (
        closure,
        site.args,
        tuple(sorted(site.keywords.items(), key=lambda item: item[0])),
        frame.muted,
        frame.pulled,
        session.pushing,
        frame.at_clients,
    )
    remembered = closure.frame is None
    if remembered and key in session.known:
        return session.known[key]
    session.running.append(node)
    try:
        result = _run_closure(frame, closure, site)
    finally:
        session.running.pop()
    if remembered:
        session.known[key] = result
    return result


def _run_closure(frame: Frame, closure: Closure, site: Site) -> Fact:
    label = "a lambda" if isinstance(closure.node, ast.Lambda) else closure.node.name
    given = site
    if closure.rule is not None:
        _refuse_rule(frame, closure.rule, label, site)
        stripped = {name: constant(fact) for name, fact in site.keywords.items()}
        given = replace(site, args=tuple(map(constant, site.args)), keywords=stripped)
    outer = closure.frame or Frame(frame.session, frame.module, frame.at_clients, label)
    inner = outer.inner(label, parameters(outer, closure.node, given))
    inner.at_clients, inner.pulled = frame.at_clients, frame.pulled or outer.pulled
    inner.muted = frame.muted or outer.muted
    result = run(inner, closure.node)
    if closure.rule is not None:
        given_ones = combined(site.facts)
        result = replace(
            result, active=given_ones.active, pending=given_ones.pending, parts=None, keys=()
        )
    return result


def _refuse_rule(frame: Frame, rule: str, label: str, site: Site) -> None:
    """A rule for cotangents alone, where tangents arrive; under a reverse derivative none do."""
    tangents = any(fact.active for fact in site.facts)
    if rule in library.REVERSE_ONLY and frame.session.pushing and tangents:
        if not frame.pulled:
            callee = label if label == "a lambda" else f"`{label}`"
            frame.report("FAD417", site.node, callee=callee, rule=rule)


def parameters(outer: Frame, node: ast.Lambda | ast.FunctionDef, site: Site) -> dict[str, Fact]:
    """What the parameters of a function are bound to by a call."""
    from fadc.syntax.local.expressions import evaluate

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
            found[name] = evaluate(outer.silent(), default)
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


def call_on_elements(frame: Frame, function: Fact, site: Site, iterables: Sequence[Fact]) -> Fact:
    """What a function gives for an element of each iterable."""
    return call(frame, function, site.calling(0, *map(element, iterables)))
