"""The state of reading local functions: names, diagnostics, and functions read already."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fadc.diagnostics import Diagnostic, Severity, make
from fadc.ir import Operation
from fadc.lint.facts import UNKNOWN, Fact, Kind
from fadc.lint.functions import Library, OwnFunction, Partial
from fadc.lint.library import OPAQUE
from fadc.lint.sites import Site
from fadc.syntax.modules.module import Module
from fadc.syntax.source.text import Located

STEPS = 100_000
"""The most expressions that are read; the rest of a larger program is not checked."""


ITERATIONS = 3
"""The most iterations of a loop that are read; the second one nearly always adds nothing."""


Body = ast.Lambda | ast.FunctionDef


@dataclass(frozen=True)
class Interpreter:
    """The functions that the reader of one construct calls for the constructs inside it."""

    evaluate: Callable[[CallFrame, ast.expr], Fact]
    call: Callable[[CallFrame, Fact, Site], Fact]
    run: Callable[[CallFrame, Body], Fact]


@dataclass
class Session:
    """The state that a program's functions share. ``mode`` is that of the derivative, if known.

    Tangents are pushed through the operations of ``pushed``, and through all while ``pushing``.
    """

    interpreter: Interpreter
    mode: str | None = None
    pushed: frozenset[Operation] = frozenset()
    pushing: bool = False
    found: dict[tuple[str, object], Diagnostic] = field(default_factory=dict)
    known: dict[object, Fact] = field(default_factory=dict)
    running: list[ast.AST] = field(default_factory=list)
    steps: int = 0


@dataclass
class CallFrame:
    """One call of a function. ``muted`` code may never run under a trace, and nothing is reported.

    ``pulled`` code is differentiated by a ``jax.vjp`` or ``jax.grad`` in the program. ``federated``
    gives the facts of primitives' results inside a server expression.
    """

    session: Session
    module: Module
    at_clients: bool
    label: str
    names: dict[str, Fact] = field(default_factory=dict)
    outer: CallFrame | None = None
    muted: bool = False
    pulled: bool = False
    federated: Fact = UNKNOWN
    returned: list[Fact] = field(default_factory=list)

    def inner(self, label: str, names: Mapping[str, Fact]) -> CallFrame:
        """The frame of a function defined in this one."""
        found = CallFrame(self.session, self.module, self.at_clients, label, dict(names), self)
        found.muted, found.pulled = self.muted, self.pulled
        return found

    def silent(self) -> CallFrame:
        """This frame for code that may not run: names are shared, diagnostics are dropped."""
        return replace(self, muted=True)

    def differentiating(self) -> CallFrame:
        """This frame for code that the program itself differentiates in reverse mode."""
        return replace(self, pulled=True)

    def evaluate(self, node: ast.expr) -> Fact:
        """The fact of an expression in this frame; errors in it are reported on the way."""
        return self.session.interpreter.evaluate(self, node)

    def call(self, function: Fact, site: Site) -> Fact:
        """The fact of the result of calling a function in this frame."""
        return self.session.interpreter.call(self, function, site)

    def run(self, body: Body) -> Fact:
        """The fact of the result of a function whose parameters are bound in this frame."""
        return self.session.interpreter.run(self, body)

    def look_up(self, node: ast.Name) -> Fact:
        """The fact of a name: a local, a local of a function around, or a global."""
        frame: CallFrame | None = self
        while frame is not None:
            if node.id in frame.names:
                return frame.names[node.id]
            frame = frame.outer
        if self.module.is_global(node):
            return self._global(node.id)
        dotted = self.module.resolve(node)  # A local that is not bound yet.
        return UNKNOWN if dotted is None else Fact(Kind.STATIC, function=Library(dotted))

    def _global(self, name: str) -> Fact:
        module = self.module
        if name in module.functions and module.names.get(name) == 1:
            return self._function(module.functions[name])
        if name in module.imports:
            return Fact(Kind.STATIC, function=Library(module.imports[name]))
        alias = module.aliases.get(name) if module.names.get(name) == 1 else None
        if isinstance(alias, ast.Lambda):
            return Fact(Kind.STATIC, function=OwnFunction(alias))
        if alias is not None:
            return self._alias(alias)
        return UNKNOWN if name in module.names else Fact(Kind.STATIC, function=Library(name))

    def _function(self, node: ast.FunctionDef) -> Fact:
        rule = self._top().rule_of(node) if node.decorator_list else None
        return Fact(Kind.STATIC, function=OwnFunction(node, rule=rule))

    def define(self, node: ast.FunctionDef) -> Fact:
        """The fact of a function that is defined inside this one."""
        return Fact(Kind.STATIC, function=OwnFunction(node, self, self.rule_of(node)))

    def rule_of(self, node: ast.FunctionDef) -> str | None:
        """The decorator that gives a function a custom derivative."""
        running = self.session.running
        for decorator in node.decorator_list:
            if decorator in running:  # `@f.register` above another `f` refers to itself.
                continue
            running.append(decorator)
            try:
                function = self.silent().evaluate(decorator).function
            finally:
                running.pop()
            if isinstance(function, Partial):
                function = function.function
            if isinstance(function, Library) and function.name in OPAQUE:
                return function.name
        return None

    def _top(self) -> CallFrame:
        """The frame of the module itself, whose code does not run under a trace."""
        return CallFrame(self.session, self.module, False, "", muted=True)

    def _alias(self, alias: ast.expr) -> Fact:
        """The fact of a global that is bound once, by its expression at module level."""
        if alias in self.session.running:
            return UNKNOWN
        self.session.running.append(alias)
        try:
            fact = self._top().evaluate(alias)
        finally:
            self.session.running.pop()
        return fact if fact.kind is Kind.STATIC else replace(fact, kind=UNKNOWN.kind)

    def report(
        self, code: str, node: Located, severity: Severity | None = None, **slots: object
    ) -> None:
        """Report an error that occurs whenever this code is traced."""
        if not self.muted:
            diagnostic = self.diagnostic(code, node, severity, **slots)
            self.session.found.setdefault((code, diagnostic.span), diagnostic)

    def diagnostic(
        self, code: str, node: Located, severity: Severity | None = None, **slots: object
    ) -> Diagnostic:
        """A diagnostic at a node, for ``report`` or ``Fact.pending``."""
        made = make(code, self.module.text.span(node), related=(), **slots)
        return made if severity is None else replace(made, severity=severity)

    def text(self, node: Located) -> str:
        """The text of a node on one line, shortened if it is long."""
        text = " ".join(self.module.text.segment(node).split())
        return text if len(text) <= 60 else text[:59] + "…"

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name that an expression refers to, if its first name is not a local value."""
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
