"""Local code with derivatives of its own: what it reaches of ``jax.custom_vjp``, ``jax.custom_jvp``, ``jax.vjp``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fadc.ir import Apply, Expression, Mapped, Program, walk
from fadc.syntax.local.library import OPAQUE, REVERSE_ONLY
from fadc.syntax.modules import Module
from fadc.syntax.names import nodes
from fadc.syntax.text import parsed

UNKNOWN = "?"
"""What is imported from a library or a file that is not known here: it may have rules."""

PULLBACKS = frozenset(["jax.vjp", "jax.linearize"])
"""What gives a linear function, which may be a value of the program."""

_FAITHFUL = frozenset(
    "chex collections dataclasses equinox fadc flax functools haiku itertools jax jaxtyping math numpy"
    " operator optax random typing".split()
)
"""Packages whose rules, where they have any, are the derivatives of what they compute."""


@dataclass
class OwnRules:
    """What the local functions of a program reach; each is looked at once."""

    modules: Mapping[str, Module]
    known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def reached(self, operation: Apply) -> frozenset[str]:
        """The dotted names that an operation's function reaches of those that matter, and UNKNOWN."""
        function, module = operation.function, self.modules.get(operation.span.path)
        if not isinstance(function, Expression | Mapped) or module is None:
            return frozenset()
        key = module.path, function.source
        if key not in self.known:
            self.known[key] = self._closure(module, parsed(function.source))
        return self.known[key]

    def may_have_rule(self, operation: Apply) -> bool:
        """Whether an operation may have a derivative that is not the one of what it computes."""
        return bool(self.reached(operation) & {*OPAQUE, UNKNOWN})

    def anywhere(self, program: Program) -> frozenset[str]:
        """What any operation of a program reaches."""
        every = (op for c in program.computations.values() for op in walk(c.block))
        found = (self.reached(op) for op in every if isinstance(op, Apply))
        return frozenset[str]().union(*found)

    def _closure(self, module: Module, root: ast.AST) -> frozenset[str]:
        found: set[str] = set()
        waiting, seen = [(module, root)], set()
        for owner, code in waiting:
            for home, name in _mentioned(owner, code, found):
                if (home.path, name) not in seen:
                    seen.add((home.path, name))
                    waiting += [(home, each) for each in home.definitions.get(name, ())]
        return frozenset(found)


def _mentioned(module: Module, root: ast.AST, found: set[str]) -> Iterable[tuple[Module, str]]:
    """The definitions that code names; what it names of libraries is added to what is found."""
    for node in nodes(root):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        if isinstance(node, ast.Name) and node.id in module.borrowed:
            yield module.borrowed[node.id]
            continue
        resolved = module.resolve(node) or ""
        if isinstance(node, ast.Name) and node.id in module.definitions:
            yield module, node.id
        elif resolved in OPAQUE | REVERSE_ONLY or resolved in PULLBACKS:
            found.add(resolved)
        elif isinstance(node, ast.Name) and node.id in module.imports:
            if resolved.partition(".")[0] not in _FAITHFUL:
                found.add(UNKNOWN)
