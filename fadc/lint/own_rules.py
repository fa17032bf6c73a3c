"""Custom derivatives in local code: uses of ``jax.custom_vjp``, ``jax.custom_jvp``, ``jax.vjp``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fadc.diagnostics import Diagnostic
from fadc.ir import Apply, Expression, Mapped, Program, walk
from fadc.ir.source_text import parsed
from fadc.lint.library import OPAQUE, REVERSE_ONLY
from fadc.syntax.modules.imports import candidates
from fadc.syntax.modules.module import Loader, Module
from fadc.syntax.modules.reader import read_module
from fadc.syntax.source.names import nodes, owner_node, root

UNKNOWN = "?"
"""Stands for imports from unknown libraries or files: these may have custom derivatives."""

PULLBACKS = frozenset(["jax.vjp", "jax.linearize"])
"""Functions that return a linear function, which may be a value of the program."""

_FAITHFUL = frozenset(
    "chex collections dataclasses equinox fadc flax functools haiku itertools jax jaxtyping math numpy"
    " operator optax random typing".split()
)
"""Packages whose custom derivatives, if any, are the true ones."""


@dataclass
class OwnRules:
    """The custom derivatives that local functions reach; each function is searched once."""

    modules: Mapping[str, Module]
    load: Loader
    known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    files: dict[PurePosixPath, Module | Diagnostic | None] = field(default_factory=dict)

    def reached(self, operation: Apply) -> frozenset[str]:
        """Those of the relevant dotted names that an operation's function reaches, and UNKNOWN."""
        function, module = operation.function, self.modules.get(operation.span.path)
        if not isinstance(function, Expression | Mapped) or module is None:
            return frozenset()
        key = module.path, function.source
        if key not in self.known:
            self.known[key] = self._closure(module, parsed(function.source))
        return self.known[key]

    def has_rule(self, operation: Apply, sure: bool) -> bool:
        """Whether an operation certainly has a custom derivative, or possibly."""
        return bool(self.reached(operation) & (OPAQUE if sure else {*OPAQUE, UNKNOWN}))

    def anywhere(self, program: Program) -> frozenset[str]:
        """The dotted names that any operation of a program reaches."""
        every = (op for c in program.computations.values() for op in walk(c.block))
        found = (self.reached(op) for op in every if isinstance(op, Apply))
        return frozenset[str]().union(*found)

    def _closure(self, module: Module, code: ast.AST) -> frozenset[str]:
        found: set[str] = set()
        waiting: list[tuple[Module, ast.AST]] = [(module, code)]
        seen: set[tuple[str, str]] = set()
        for owner, each in waiting:
            for home, name in self._mentioned(owner, each, found):
                if (home.path, name) not in seen:
                    seen.add((home.path, name))
                    known = home.definitions.get(name) or [ast.Name(name)] * (name in home.imports)
                    waiting += [(home, definition) for definition in known]
        return frozenset(found)

    def _mentioned(
        self, module: Module, code: ast.AST, found: set[str]
    ) -> Iterator[tuple[Module, str]]:
        """The definitions that code names; names of libraries in it are added to those found."""
        for node in _dotted_names(code):
            resolved = module.resolve(node)
            if resolved is None:  # It is a local name there.
                continue
            name, is_global = root(node) or "", module.is_global(owner_node(node))
            if is_global and name in module.borrowed:
                yield module.borrowed[name]
            elif is_global and name in module.definitions:
                yield module, name
            elif resolved in OPAQUE | REVERSE_ONLY | PULLBACKS:
                found.add(resolved)
            elif name in module.imports or not is_global:
                if resolved.partition(".")[0] not in _FAITHFUL:
                    other = self._imported(module, resolved)
                    found.update([] if other else [UNKNOWN])
                    yield from [other] if other else []

    def _imported(self, module: Module, dotted: str) -> tuple[Module, str] | None:
        """The file of the program that an imported name comes from, and its name there."""
        level = len(dotted) - len(dotted.lstrip("."))
        *parts, name = dotted.lstrip(".").split(".")
        for path in candidates(PurePosixPath(module.path), level, parts):
            if path not in self.files:
                source = self.load(path)
                self.files[path] = None if source is None else read_module(source, str(path))
            other = self.files[path]
            if isinstance(other, Module):
                return other, name
        return None


def _dotted_names(code: ast.AST) -> Iterator[ast.expr]:
    """The dotted names in code, each as a whole: ``a.b``, not ``a``."""
    listed = nodes(code)
    inner = {id(node.value) for node in listed if isinstance(node, ast.Attribute)}
    for node in listed:
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            yield node
