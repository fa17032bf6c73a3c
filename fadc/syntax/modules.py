"""One module as the front end sees it: its imports, functions, aggregators and computations."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

import fadc
from fadc.diagnostics import Diagnostic, make
from fadc.diagnostics.suppression import Suppression, comments_of
from fadc.ir import Aggregator
from fadc.span import Span
from fadc.syntax.scopes import Scopes, find_scopes
from fadc.syntax.text import Located, Text

PRIMITIVES = ("broadcast", "map", "sum", "mean", "weighted_mean")
PACKAGE = "fadc"
_RUN_TIME = f"{PACKAGE}.language."

Loader = Callable[[PurePosixPath], str | None]
"""Reads a file of the program's package: its text, or None where there is none."""


Known = dict[str, "Module"]


@dataclass(eq=False)
class Module:
    """A parsed module. ``imports`` maps local names to the dotted names they stand for.

    ``foreign`` holds the imported computations, ``origins`` the dotted name under which this module
    can import each file that they come from, ``borrowed`` the names that other files bind once,
    ``missing`` the names whose file is not there. ``reads`` remembers which names definitions read,
    ``uses`` the primitives in them, ``changes`` what local code changes of the module's own state. ``undefined`` are the
    names, and the dotted names, that stand for nothing; they have been reported.
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
        """The comments that waive reports."""
        return comments_of(self.text.text)

    def report(self, code: str, node: Located, **slots: object) -> bool:
        """Report a diagnostic; whether it stands, for all that comments waive."""
        found = make(code, self.text.span(node), related=(), **slots)
        self.reports.append(found)
        return self.stands(found)

    def stands(self, found: Diagnostic) -> bool:
        """Whether no comment waives a diagnostic of this module."""
        return not any(comment.waives(found) for comment in self.comments)

    def definition(self, name: str) -> Span | None:
        """Where the module defines a function or binds a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                return self.text.span(name_of(self, node))
            if isinstance(node, ast.Name) and node.id == name:
                return self.text.span(node)
        return None

    def is_global(self, node: ast.AST) -> bool:
        """Whether an expression is a name that nothing around it binds inside the module."""
        return isinstance(node, ast.Name) and node not in self.scopes.locals

    def is_undefined(self, node: ast.AST) -> bool:
        """Whether an expression speaks of what is not there, which has been reported."""
        return bool(self.undefined) and any(each in self.undefined for each in ast.walk(node))

    def resolve(self, node: ast.expr) -> str | None:
        """The dotted name that an expression stands for: ``fed.map`` is ``fadc.map``.

        None where that is a local name, unless a function imports it for itself.
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
        """What a name stands for, through imports and names that are bound once to other names."""
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
        """The primitive that a callee names, ``aggregate`` for a declared aggregator."""
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
        """The computation that an expression names: its module, and what it is called there."""
        if not isinstance(node, ast.Name) or not self.is_global(node):
            return None
        if node.id in self.foreign:
            return self.foreign[node.id]
        return (self, node.id) if node.id in self.computations else None

    def function(self, node: ast.expr) -> ast.FunctionDef | None:
        """The plain function of this module that an expression names."""
        known = isinstance(node, ast.Name) and self.is_global(node)
        return self.functions.get(node.id) if known and isinstance(node, ast.Name) else None

    def builtin(self, node: ast.expr) -> str | None:
        """The name of Python's own that an expression stands for: ``zip``, or ``builtins.zip``."""
        if isinstance(node, ast.Name):
            own = node.id not in self.names and self.is_global(node)
            return node.id if own and hasattr(builtins, node.id) else None
        package, _, member = (self.resolve(node) or "").partition(".")
        return member if package == "builtins" else None

    def aggregator(self, node: ast.expr) -> Aggregator | None:
        """The mechanism that an expression names."""
        if isinstance(node, ast.Name) and self.is_aggregator(node):
            return self.aggregators[node.id]
        name = self.resolve(node)
        return Aggregator(name.partition(".")[2]) if name in ("fadc.sum", "fadc.mean") else None


def read_module(
    source: str, path: str, load: Loader | None = None, known: Known | None = None
) -> Module | Diagnostic:
    """Parse a module and find what it declares; a syntax error comes back as a diagnostic.

    ``known`` holds the modules that are read already, so that modules may import each other.
    """
    known = {} if known is None else known
    text = Text.of(source, path)
    try:
        with warnings.catch_warnings(action="ignore"):  # Of what the program's strings look like.
            tree = ast.parse(source, filename=path)
    except SyntaxError as error:
        return _syntax_error(error, text)
    except (ValueError, RecursionError, MemoryError) as error:
        detail = (
            "nested too deeply for Python's parser"
            if not isinstance(error, ValueError)
            else str(error)
        )
        return make("FAD100", Span(path, 1, 0, 1, 0), detail=detail)
    module = known[path] = Module(text, tree, find_scopes(tree))
    for statement in top_level(tree.body):
        _declare(module, statement)
    if load is not None:
        from fadc.syntax.imports import import_foreign

        if import_foreign(module, load, known):
            _declare_again(module)
    from fadc.syntax.misplaced import find_misplaced
    from fadc.syntax.undefined import find_undefined

    find_undefined(module)
    find_misplaced(module)
    return module


def _syntax_error(error: SyntaxError, text: Text) -> Diagnostic:
    line = min(max(error.lineno or 1, 1), len(text.lines))
    column = min(max((error.offset or 1) - 1, 0), len(text.lines[line - 1]))
    width = (error.end_offset or 0) - (error.offset or 0) if error.end_lineno == error.lineno else 1
    end = min(column + max(width, 1), len(text.lines[line - 1]))
    span = Span(text.path, line, column, line, max(end, column))
    return make("FAD100", span, detail=error.msg or "invalid syntax")


def refusal_of_compiler(module: Module) -> Diagnostic | None:
    """What parses and is no Python all the same, such as a parameter that is there twice.

    No derivative can be emitted of it. It is left to those who derive, since a second parse costs time.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            symtable.symtable("\n".join(module.text.lines), module.path, "exec")
    except SyntaxError as error:
        return _syntax_error(error, module.text)
    return None


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Module-level statements, those under ``if``, ``try`` and ``with`` included."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        waiting += reversed(_alternatives(statement))


def _alternatives(statement: ast.stmt) -> list[ast.stmt]:
    """The statements under an ``if``, a ``try`` or a ``with``."""
    if isinstance(statement, ast.With):
        return statement.body
    if isinstance(statement, ast.If):
        return [*statement.body, *statement.orelse]
    if isinstance(statement, ast.Try | ast.TryStar):
        handled = [inner for handler in statement.handlers for inner in handler.body]
        return [*statement.body, *handled, *statement.orelse, *statement.finalbody]
    return []


def _declare(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import(names=names):
            for alias in names:
                local = alias.asname or alias.name.split(".")[0]
                _bind_import(module, statement, local, alias, alias.name if alias.asname else local)
        case ast.ImportFrom(names=names):
            prefix = "." * statement.level + (statement.module or "")
            for alias in names:
                if alias.name == "*" and prefix == PACKAGE:
                    module.imports.update({name: f"{PACKAGE}.{name}" for name in fadc.__all__})
                local = alias.asname or alias.name
                _bind_import(module, statement, local, alias, f"{prefix}.{alias.name}")
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            _declare_function(module, statement)
            _bind(module, name, name_of(module, statement))
        case ast.ClassDef(name=name):
            module.definitions.setdefault(name, []).append(statement)
            _bind(module, name, name_of(module, statement))
        case ast.Assign(targets=targets, value=value):
            _declare_assigned(module, targets, value)
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            _declare_assigned(module, [target], value)
        case ast.For(target=target) | ast.AugAssign(target=target):
            _declare_assigned(module, [target], target)
        case _ if sys.version_info >= (3, 12) and isinstance(statement, ast.TypeAlias):
            _declare_assigned(module, [statement.name], statement.value)


def _declare_again(module: Module) -> None:
    """Find what could not be told for what it is before the imports were followed."""
    for name, node in list(module.functions.items()):
        if decoration(module, node) is not None:
            del module.functions[name], module.definitions[name]
            module.computations[name] = node
    for name, value in module.aliases.items():
        if name not in module.aggregators:
            _declare_aggregator(module, [ast.Name(name)], value)


def _declare_assigned(module: Module, targets: list[ast.expr], value: ast.expr) -> None:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                optional = isinstance(value, ast.Constant) and value.value is None
                _bind(module, node.id, node, optional)
    if len(targets) == 1 and isinstance(targets[0], ast.Name):
        module.aliases[targets[0].id] = value
        module.definitions.setdefault(targets[0].id, []).append(value)
    _declare_aggregator(module, targets, value)


def _bind_import(
    module: Module, statement: ast.stmt, local: str, alias: ast.alias, dotted: str
) -> None:
    """Bind what is imported. What stands in for fadc where that is not there does not count."""
    known = module.imports.get(local, "")
    alternative = statement.col_offset > 0 and known.partition(".")[0] == PACKAGE
    _bind(module, local, alias, optional=alternative)
    module.imports[local] = known if alternative else dotted


def _bind(module: Module, name: str, node: Located, optional: bool = False) -> None:
    """Count a binding; ``optional`` ones stand in for an import that has failed."""
    if name in module.names and name in module.computations:
        module.report("FAD128", node, name=name)
    if name in module.aggregators:
        module.report("FAD125", node, problem="is bound more than once")
    if not optional:
        module.imports.pop(name, None)
    module.names[name] = module.names.get(name, 0) + 1


def decoration(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The ``@fed.computation`` of a function, as written."""
    for decorator in node.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        if module.resolve(callee) == f"{PACKAGE}.computation":
            return decorator
    return None


def _declare_function(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if decoration(module, node) is None:
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = node
        module.definitions.setdefault(node.name, []).append(node)
        return
    if isinstance(node, ast.AsyncFunctionDef):
        module.report("FAD105", name_of(module, node))
    else:
        module.computations.setdefault(node.name, node)


def name_of(
    module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> ast.expr:
    """A stand-in node for a definition's name, so that a diagnostic underlines just that."""
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


def _declare_aggregator(module: Module, targets: list[ast.expr], value: ast.expr) -> None:
    if not (isinstance(value, ast.Call) and module.resolve(value.func) == f"{PACKAGE}.aggregator"):
        return
    like = next((keyword.value for keyword in value.keywords if keyword.arg == "like"), None)
    if like is None and len(value.args) > 1:
        like = value.args[1]
    resolved = module.resolve(like) if like is not None else None
    first = value.args[0] if value.args else None
    if not (len(targets) == 1 and isinstance(targets[0], ast.Name)):
        module.report("FAD125", value, problem="is not assigned to one name")
    elif not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        module.report("FAD125", value, problem="has no literal name")
        kind = "mean" if resolved == "fadc.mean" else "sum"
        module.aggregators[targets[0].id] = Aggregator(kind, targets[0].id, module.path)
    elif resolved not in ("fadc.sum", "fadc.mean"):
        module.report("FAD125", value, problem="is not like `fed.sum` or `fed.mean`")
        module.aggregators[targets[0].id] = Aggregator("sum", targets[0].id, module.path)
    else:
        module.aggregators[targets[0].id] = Aggregator(
            resolved.partition(".")[2], targets[0].id, module.path, first.value
        )


def global_names(module: Module) -> set[str]:
    """Every name that a module binds at its top or reads as a global, in functions too."""
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
