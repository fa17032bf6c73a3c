"""Mentions of functions that send values without a primitive, in code that is mapped.

A hidden message need not be a plain call: there are partials, methods, arms that only run for some
types, derivatives given by ``defvjp``. So a mention counts, whether or not it is read as a call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fadc.diagnostics import Diagnostic, Severity, make
from fadc.lint import library
from fadc.syntax.modules.module import Module
from fadc.syntax.modules.reach import definitions


@dataclass
class Leaks:
    """The functions mentioned in a module's client code, and the axes that this code names."""

    module: Module
    axes: set[str] = field(default_factory=set)
    messages: list[tuple[Diagnostic, set[str] | None]] = field(default_factory=list)
    reached: set[ast.AST] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def found(self) -> Iterator[Diagnostic]:
        """Callbacks, and collectives over axes that no client code names."""
        for diagnostic, axes in self.messages:
            if not axes or not axes <= self.axes - {"?"}:
                yield diagnostic

    def reach(self, function: ast.expr, label: str) -> None:
        """Search a mapped function and all code of the module that it leads to."""
        waiting: list[tuple[ast.AST, str]] = [(function, label)]
        for root, name in waiting:
            if root not in self.reached:
                self.reached.add(root)
                for read in self._look_through(root, name):
                    if read not in self.read:
                        self.read.add(read)
                        waiting += [(node, read) for node in definitions(self.module, read)]

    def _look_through(self, root: ast.AST, label: str) -> Iterator[str]:
        """Note what a definition mentions; returns the module's names that it reads."""
        waiting: list[tuple[ast.AST, ast.AST, str]] = [(root, root, label)]
        for node, parent, function in waiting:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                function = "a lambda" if isinstance(node, ast.Lambda) else node.name
            if isinstance(node, ast.Call) and not self._is_collective(node):
                self.axes |= _axes(self.module, _axis_keyword(node))
            dotted = _dotted(self.module, node)
            if dotted is not None and self._note(dotted, node, parent, function):
                continue
            if isinstance(node, ast.Name) and self.module.is_global(node):
                yield node.id
            waiting += [(child, node, function) for child in ast.iter_child_nodes(node)]

    def _is_collective(self, call: ast.Call) -> bool:
        """Whether a call calls a collective, or makes a partial of one."""
        called = (_dotted(self.module, each) or "" for each in (call.func, *call.args[:1]))
        return any(map(_collective, called))

    def _note(self, dotted: str, node: ast.AST, parent: ast.AST, function: str) -> bool:
        """Note a mention; returns whether it is one."""
        place = parent if isinstance(parent, ast.Call) and parent.func is node else node
        span = self.module.text.span(place)  # type: ignore[arg-type]
        slots = {"callee": dotted, "function": function}
        if dotted in library.CALLBACKS:
            made = make("FAD304", span, related=(), **slots)
            mild = dotted in library.WATCHING
            self.messages.append((replace(made, severity=Severity.WARNING) if mild else made, None))
            return True
        if last := _collective(dotted):
            axes = _axes(self.module, _axis_of(parent, node, last))
            self.messages.append((make("FAD303", span, related=(), **slots), axes))
            return True
        return False


def _collective(dotted: str) -> str | None:
    """The last name of a collective; that of ``jax.lax.psum_p.bind`` is ``psum``."""
    last = dotted.removesuffix(".bind").rpartition(".")[2].removesuffix("_p")
    known = dotted.startswith(("jax.lax.", "jax._src.lax.")) and last in library.COLLECTIVES
    return last if known else None


def _dotted(module: Module, node: ast.AST) -> str | None:
    """The dotted name of what an expression refers to, as far as imports and aliases show it."""
    match node:
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), *_]):
            base = _dotted(module, owner)
            return None if base is None else f"{base}.{name}"
        case ast.Name(id=name) if module.is_global(node) and name not in module.names:
            return next((f"{package}.{name}" for package in _starred(module)), name)
        case ast.Name() | ast.Attribute():
            return module.resolve(node)
    return None


def _starred(module: Module) -> Iterator[str]:
    """The packages of JAX from which the module imports all names."""
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("jax."):
            if any(alias.name == "*" for alias in node.names):
                yield node.module


def _axis_keyword(call: ast.Call) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == "axis_name"), None)


def _axis_of(parent: ast.AST, node: ast.AST, last: str) -> ast.expr | None:
    """The axis argument of a collective's call or partial."""
    if not isinstance(parent, ast.Call):
        return None
    position = 0 if last in ("axis_index", "axis_size") else 1
    called = parent.func is node and len(parent.args) > position
    return _axis_keyword(parent) or (parent.args[position] if called else None)


def _axes(module: Module, node: ast.expr | None) -> set[str]:
    """The names of axes in an expression; ``?`` for what the text does not show."""
    match node:
        case None:
            return set()
        case ast.Constant(value=str(name)):
            return {name}
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return {axis for each in elements for axis in _axes(module, each)}
        case ast.Name(id=name) if module.names.get(name) == 1 and module.is_global(node):
            alias = module.aliases.get(name)
            if isinstance(alias, ast.Constant | ast.Tuple):
                return _axes(module, alias)
    return {"?"}
