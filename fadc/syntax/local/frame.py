"""The state of reading local functions: names, findings, and what has been read already."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fadc.diagnostics import Diagnostic, Severity, make
from fadc.ir import Operation
from fadc.syntax.local.facts import UNKNOWN, Fact, Kind
from fadc.syntax.local.functions import Closure, Library
from fadc.syntax.modules import Module
from fadc.syntax.text import Located

STEPS = 100_000
"""Expressions that are read before the rest of a program is taken as it comes."""


ITERATIONS = 3
"""Of a loop that are read at most; nearly always the second one shows nothing new."""


@dataclass
class Session:
    """What all functions of one program share. ``mode`` is the mode of the derivative, if known.

    Tangents are pushed through the operations of ``pushed``, and through all while ``pushing``.
    """

    mode: str | None = None
    pushed: frozenset[Operation] = frozenset()
    pushing: bool = False
    found: dict[tuple[str, object], Diagnostic] = field(default_factory=dict)
    known: dict[object, Fact] = field(default_factory=dict)
    running: list[ast.AST] = field(default_factory=list)
    steps: int = 0


@dataclass
class Frame:
    """One call of a function. ``muted`` code may never run under a trace: nothing is reported.

    ``pulled`` code stands under a ``jax.vjp`` or ``jax.grad`` of the program's own. ``federated`` is
    what is known of what a primitive gives to a server expression.
    """

    session: Session
    module: Module
    at_clients: bool
    label: str
    names: dict[str, Fact] = field(default_factory=dict)
    outer: Frame | None = None
    muted: bool = False
    pulled: bool = False
    federated: Fact = UNKNOWN
    returned: list[Fact] = field(default_factory=list)

    def inner(self, label: str, names: Mapping[str, Fact]) -> Frame:
        """The frame of a function that is defined here."""
        found = Frame(self.session, self.module, self.at_clients, label, dict(names), self)
        found.muted, found.pulled = self.muted, self.pulled
        return found

    def silent(self) -> Frame:
        """This frame where its code may not run: names are shared, findings are dropped."""
        return replace(self, muted=True)

    def differentiating(self) -> Frame:
        """This frame where its code is differentiated in reverse by the program itself."""
        return replace(self, pulled=True)

    def look_up(self, node: ast.Name) -> Fact:
        """What a name stands for: a local, a local of a function around it, or a global."""
        frame: Frame | None = self
        while frame is not None:
            if node.id in frame.names:
                return frame.names[node.id]
            frame = frame.outer
        if self.module.is_global(node):
            return self._global(node.id)
        dotted = self.module.resolve(node)  # A local that has not been bound on the way here.
        return UNKNOWN if dotted is None else Fact(Kind.STATIC, function=Library(dotted))

    def _global(self, name: str) -> Fact:
        module = self.module
        if name in module.functions and module.names.get(name) == 1:
            return self._function(module.functions[name])
        if name in module.imports:
            return Fact(Kind.STATIC, function=Library(module.imports[name]))
        alias = module.aliases.get(name) if module.names.get(name) == 1 else None
        if isinstance(alias, ast.Lambda):
            return Fact(Kind.STATIC, function=Closure(alias))
        if alias is not None:
            return self._alias(alias)
        return UNKNOWN if name in module.names else Fact(Kind.STATIC, function=Library(name))

    def _function(self, node: ast.FunctionDef) -> Fact:
        from fadc.syntax.local.statements import rule_of

        rule = rule_of(self._top(), node) if node.decorator_list else None
        return Fact(Kind.STATIC, function=Closure(node, rule=rule))

    def _top(self) -> Frame:
        """The frame of the module itself, whose code no trace runs."""
        return Frame(self.session, self.module, False, "", muted=True)

    def _alias(self, alias: ast.expr) -> Fact:
        """A global that is bound once: what its expression gives at module level."""
        from fadc.syntax.local.expressions import evaluate

        if alias in self.session.running:
            return UNKNOWN
        self.session.running.append(alias)
        try:
            fact = evaluate(self._top(), alias)
        finally:
            self.session.running.pop()
        return fact if fact.kind is Kind.STATIC else replace(fact, kind=UNKNOWN.kind)

    def report(
        self, code: str, node: Located, severity: Severity | None = None, **slots: object
    ) -> None:
        """Report what goes wrong whenever this code is traced."""
        if not self.muted:
            diagnostic = self.diagnostic(code, node, severity, **slots)
            self.session.found.setdefault((code, diagnostic.span), diagnostic)

    def diagnostic(
        self, code: str, node: Located, severity: Severity | None = None, **slots: object
    ) -> Diagnostic:
        """What goes wrong at a place; for ``Fact.pending``, where it depends on what follows."""
        made = make(code, self.module.text.span(node), related=(), **slots)
        return made if severity is None else replace(made, severity=severity)

    def text(self, node: Located) -> str:
        """The text of a node on one line, cut where it is long."""
        text = " ".join(self.module.text.segment(node).split())
        return text if len(text) <= 60 else text[:59] + "…"

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name that an expression stands for, where its first name is no local value."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        fact = self.look_up(node)
        if isinstance(fact.function, Library):
            return ".".join([fact.function.name, *reversed(parts)])
        return None
