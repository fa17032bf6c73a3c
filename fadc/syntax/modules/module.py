"""One module as the front end sees it: its imports, functions, aggregators and computations."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from fadc.diagnostics import Diagnostic, make
from fadc.diagnostics.suppression import Suppression, comments_of
from fadc.ir import Aggregator
from fadc.span import Span
from fadc.syntax.modules.spaces import Scopes
from fadc.syntax.source.header import command_of_header
from fadc.syntax.source.text import Located, Text

PRIMITIVES = ("broadcast", "map", "sum", "mean", "weighted_mean")
PACKAGE = "fadc"
_RUN_TIME = f"{PACKAGE}.language."

Loader = Callable[[PurePosixPath], str | None]
"""Reads a file of the program's package: its text, or None if there is none."""

Known = dict[str, "Module"]
"""The modules that have been read, by path."""


@dataclass(eq=False)
class Module:
    """A parsed module. ``imports`` maps local names to the dotted names of what they are bound to.

    ``foreign`` holds the imported computations, ``origins`` the dotted name under which this module
    can import each of their files, ``borrowed`` the names that other files bind once, ``missing``
    the names whose file does not exist. ``reads`` caches the names that definitions read, ``uses``
    the primitives in them, ``changes`` the module state that local code changes. ``undefined`` are
    the names, and the dotted names, that are undefined; they have been reported.
    """

    text: Text
    tree: ast.Module
    scopes: Scopes
    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    definitions: dict[str, list[ast.AST]] = field(default_factory=dict)
    computations: dict[str, ast.FunctionDef] = field(default_factory=dict)
    aggregators: dict[str, Aggregator] = field(default_factory=dict)
    foreign: dict[str, tuple[Module, str]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    borrowed: dict[str, tuple[Module, str]] = field(default_factory=dict)
    missing: dict[str, tuple[ast.alias, str]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uses: dict[str, str | None] = field(default_factory=dict)
    changes: dict[str, set[str]] = field(default_factory=dict)
    undefined: set[ast.expr] = field(default_factory=set)
    reports: list[Diagnostic] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.text.path

    @cached_property
    def comments(self) -> list[Suppression]:
        """The comments that waive diagnostics."""
        return comments_of(self.text.text)

    @cached_property
    def is_for_stateless_clients(self) -> bool:
        """Whether fadc has emitted the module with ``--residuals rebroadcast``, by its own header."""
        return "--residuals rebroadcast" in command_of_header(self.text.lines)

    def report(self, code: str, node: Located, **slots: object) -> bool:
        """Report a diagnostic; returns whether no comment waives it."""
        found = make(code, self.text.span(node), related=(), **slots)
        self.reports.append(found)
        return self.stands(found)

    def stands(self, found: Diagnostic) -> bool:
        """Whether no comment waives a diagnostic of this module."""
        return not any(comment.waives(found) for comment in self.comments)

    def has_standing(self, before: int) -> bool:
        """Whether there are new diagnostics that no comment waives."""
        return any(map(self.stands, self.reports[before:]))

    def definition(self, name: str) -> Span | None:
        """Where the module defines a function or binds a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                return self.text.span(name_of(self, node))
            if isinstance(node, ast.Name) and node.id == name:
                return self.text.span(node)
        return None

    def is_global(self, node: ast.AST) -> bool:
        """Whether an expression is a name that is looked up at module level."""
        return isinstance(node, ast.Name) and node not in self.scopes.locals

    def is_undefined(self, node: ast.AST) -> bool:
        """Whether an expression uses an undefined name, which has been reported."""
        return bool(self.undefined) and any(each in self.undefined for each in ast.walk(node))

    def resolve(self, node: ast.expr) -> str | None:
        """The dotted name of what an expression refers to: ``fadc.map`` for ``fed.map``.

        It is None for a local name, unless a function binds that by an import.
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = self._root(node.id) if self.is_global(node) else self.scopes.locals[node]
        if root is None:
            return None
        name = ".".join([root, *reversed(parts)])
        return f"{PACKAGE}.{name.rpartition('.')[2]}" if name.startswith(_RUN_TIME) else name

    def _root(self, name: str) -> str:
        """What a name refers to, through imports and names bound once to other names."""
        seen = {name}
        while name not in self.imports and self.names.get(name) == 1:
            alias = self.aliases.get(name)
            if not isinstance(alias, ast.Name | ast.Attribute):
                break
            resolved = self.resolve(alias) if isinstance(alias, ast.Attribute) else alias.id
            if resolved is None or resolved in seen:
                break
            if isinstance(alias, ast.Attribute):
                return resolved
            name = resolved
            seen.add(name)
        return self.imports.get(name, name)

    def primitive(self, node: ast.expr) -> str | None:
        """The primitive that a callee refers to, ``aggregate`` for a declared aggregator."""
        name = self.resolve(node)
        if name is None:
            return None
        if self.is_aggregator(node):
            return "aggregate"
        package, _, member = name.partition(".")
        return member if package == PACKAGE and member in PRIMITIVES else None

    def is_aggregator(self, node: ast.expr) -> bool:
        """Whether an expression is the name of a declared aggregator."""
        return isinstance(node, ast.Name) and node.id in self.aggregators and self.is_global(node)

    def computation(self, node: ast.expr) -> tuple[Module, str] | None:
        """The computation that an expression refers to: its module, and its name there."""
        if not isinstance(node, ast.Name) or not self.is_global(node):
            return None
        if node.id in self.foreign:
            return self.foreign[node.id]
        return (self, node.id) if node.id in self.computations else None

    def function(self, node: ast.expr) -> ast.FunctionDef | None:
        """The plain function of this module that an expression refers to."""
        known = isinstance(node, ast.Name) and self.is_global(node)
        return self.functions.get(node.id) if known and isinstance(node, ast.Name) else None

    def builtin(self, node: ast.expr) -> str | None:
        """The builtin that an expression refers to: ``zip``, or ``builtins.zip``."""
        if isinstance(node, ast.Name):
            own = node.id not in self.names and self.is_global(node)
            return node.id if own and hasattr(builtins, node.id) else None
        package, _, member = (self.resolve(node) or "").partition(".")
        return member if package == "builtins" else None

    def aggregator(self, node: ast.expr) -> Aggregator | None:
        """The mechanism that an expression refers to."""
        if isinstance(node, ast.Name) and self.is_aggregator(node):
            return self.aggregators[node.id]
        name = self.resolve(node)
        return Aggregator(name.partition(".")[2]) if name in ("fadc.sum", "fadc.mean") else None


def decoration(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The ``@fed.computation`` of a function, as written."""
    for decorator in node.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        if module.resolve(callee) == f"{PACKAGE}.computation":
            return decorator
    return None


def name_of(
    module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> ast.expr:
    """A node that spans only a definition's name, for diagnostics."""
    line = module.text.lines[node.lineno - 1]
    start = line.find(node.name, module.text.column(node.lineno, node.col_offset))
    offset = len(line[: max(start, 0)].encode())
    return ast.Name(
        id=node.name,
        lineno=node.lineno,
        col_offset=offset,
        end_lineno=node.lineno,
        end_col_offset=offset + len(node.name.encode()),
    )


def global_names(module: Module) -> set[str]:
    """Every name that a module binds at the top level or reads as a global, also in functions."""
    found = set(module.names)
    tables = [symtable.symtable("\n".join(module.text.lines), module.path, "exec")]
    while tables:
        table = tables.pop()
        top = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if top or s.is_global()}
        tables += table.get_children()
    return found


def constants(module: Module) -> dict[str, int]:
    """The module-level names that are bound once, to a whole number."""
    return {
        name: node.value
        for name, node in module.aliases.items()
        if module.names[name] == 1 and isinstance(node, ast.Constant) and type(node.value) is int
    }
