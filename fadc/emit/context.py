"""The state that all writers of one module share: names, imports and derived local functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fadc.emit.code.nodes import dotted, name
from fadc.syntax.modules.module import Module
from fadc.syntax.source.names import fresh

_MODULES = {
    "fed": "fadc",
    "jax": "jax",
    "jnp": "jax.numpy",
    "builtins": "builtins",
    "typing": "typing",
}
_USUAL = {path: short for short, path in _MODULES.items()}


@dataclass
class Context:
    """The state of emitting one module.

    ``functions`` holds the derived local functions by key, ``types`` the definitions of annotations:
    the name of each, and its statement. ``residuals`` are the names of trees of residuals, by identity.
    """

    module: Module
    modules: dict[str, Module]
    taken: set[str]
    functions: dict[object, Any] = field(default_factory=dict)
    types: dict[str, tuple[str, Any]] = field(default_factory=dict)
    residuals: dict[int, str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    foreign: dict[tuple[str, str], str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    own_locals: frozenset[str] = frozenset()
    keys: dict[str, str] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()

    @property
    def fed(self) -> str:
        """The name of the fadc module in the emitted text."""
        return self.module_name("fadc")

    @property
    def jax(self) -> str:
        """The name of the jax module in the emitted text."""
        return self.module_name("jax")

    def modules_used(self) -> set[str]:
        """The names of the modules that emitted text may use."""
        return {self.module_name(path) for path in _USUAL}

    def module_name(self, path: str) -> str:
        """The name of an imported module: that of the source, or a new one."""
        for local, imported in self._imported:
            once = self.module.names.get(local) == 1 and local not in self.parameters
            if imported == path and once:
                return local
        if path not in self.imports:
            self.imports[path] = self.fresh(_USUAL[path], self.parameters)
        return self.imports[path]

    @cached_property
    def _imported(self) -> list[tuple[str, str]]:
        """The imports, beginning with the names that the source itself uses."""
        decorators = [d for c in self.module.computations.values() for d in c.decorator_list]
        prefixes = {n.id for d in decorators for n in ast.walk(d) if isinstance(n, ast.Name)}
        return sorted(self.module.imports.items(), key=lambda item: item[0] not in prefixes)

    @property
    def locals(self) -> frozenset[str]:
        """The names of the source's locals and of all parameters, which no function may take."""
        return self.own_locals | self.parameters

    def use(self, word: str) -> str:
        """Record that the emitted text uses a module-level name."""
        self.used.add(word)
        return word

    def computation_name(self, key: str) -> str:
        """The name under which a computation of the program can be called."""
        return self.keys.get(key, key)

    def fresh(self, word: str, others: frozenset[str] = frozenset()) -> str:
        """An unused module-level name."""
        found = fresh(word, self.taken | others)
        self.taken.add(found)
        return found

    def name(self, path: str) -> Any:
        """``fed.map``, ``jax.vjp``, ``jnp.ones_like``: a member of a module."""
        short, _, member = path.partition(".")
        return dotted(f"{self.use(self.module_name(_MODULES[short]))}.{member}")

    def python(self, word: str) -> Any:
        """A builtin of Python, as an attribute of `builtins` if its name is taken."""
        if word not in self.module.names and word not in self.parameters:
            return name(word)
        return self.name(f"builtins.{word}")

    def global_name(self, word: str, path: str) -> str:
        """The name in the emitted module of a global of another module."""
        if path == self.module.path or path not in self.modules:
            return word
        key = (path, word)
        if key not in self.foreign:
            known = self.module.imports.get(word)
            other = self.modules[path]
            same = known is not None and known == other.imports.get(word)
            self.foreign[key] = word if same else self.fresh(word)
        return self.foreign[key]
