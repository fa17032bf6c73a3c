"""The meaning of a module's names: fadc's names, upload mechanisms, computations, annotations.

A name imported from another file of the program has the meaning that it has in that file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import fadc
from fadc.audit.files import File, Load, imported_file
from fadc.audit.statements import bound_by, top_level
from fadc.audit.whereabouts import CLIENTS, SERVER, STATIC, Entries, Parts, Rows, Where

PLACES = {"Server": SERVER, "Clients": CLIENTS}


@dataclass(frozen=True)
class Defined:
    """A computation, and the names of its file; ``key`` identifies it."""

    key: str
    node: ast.FunctionDef
    names: FileNames


@dataclass
class FileNames:
    """The relevant module-level names of one file of a program.

    `own` maps local names to fadc's, the package itself being the empty name. `mechanisms` are the
    declared aggregators by the name they are bound to. `unsafe` lists, by line, what makes a name's
    meaning uncertain. `read` caches what aliases of annotations declare. `files` are the other
    files that imports lead to, `sources` those that names have their meaning from.
    """

    file: File
    prefix: str = ""
    own: dict[str, str] = field(default_factory=dict)
    mechanisms: dict[str, str] = field(default_factory=dict)
    computations: dict[str, Defined] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    aliases: dict[str, tuple[FileNames, ast.expr]] = field(default_factory=dict)
    unsafe: list[tuple[int, str]] = field(default_factory=list)
    read: dict[str, Where] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    sources: dict[PurePosixPath, FileNames] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    python: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def add(self, node: ast.stmt, program: AuditedFiles) -> None:
        """Record the names that a top-level statement of the file binds."""
        match node:
            case ast.Import(names=imported):
                for alias in imported:
                    self._import_module(alias, node, program)
            case ast.ImportFrom(module="fadc", level=0, names=imported):
                for alias in imported:
                    for name in fadc.__all__ if alias.name == "*" else (alias.name,):
                        local = name if alias.name == "*" else alias.asname or name
                        self._binds(local, node, ("fadc", name))
                        self.own[local] = name
            case ast.ImportFrom(level=level, module=module):
                self._import(node, self._other(level, module, program))
            case ast.FunctionDef(name=name):
                if any(map(self._is_mark, node.decorator_list)):
                    self.computations[name] = Defined(f"{self.prefix}{name}", node, self)
            case ast.ClassDef(name=name, bases=[base]):
                fields = self._fields(base, node.body)
                if fields is not None:
                    self.aliases[name] = (self, fields)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.aliases[name] = (self, value)
                mechanism = self._declared(value)
                if mechanism is not None:
                    self.mechanisms[name] = mechanism

    def _fields(self, base: ast.expr, body: list[ast.stmt]) -> ast.Dict | None:
        """The keys and annotations of a `TypedDict`; None for any other class."""
        found = ast.Dict(keys=[], values=[])
        inherited = self.aliases.get(base.id) if isinstance(base, ast.Name) else None
        if inherited is not None and isinstance(inherited[1], ast.Dict):
            found = ast.Dict(keys=[*inherited[1].keys], values=[*inherited[1].values])
        elif not _is_typed_dict(base):
            return None
        for statement in body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found.keys.append(ast.Constant(statement.target.id))
                found.values.append(statement.annotation)
        return found

    def _import_module(self, alias: ast.alias, node: ast.stmt, program: AuditedFiles) -> None:
        package = alias.name.partition(".")[0]
        local = alias.asname or package
        if alias.name == "builtins":
            self.python.add(local)
        is_fadc = (alias.name if alias.asname else package) == "fadc"
        self._binds(local, node, ("fadc", "") if is_fadc else None)
        if is_fadc:
            self.own[local] = ""
        elif self._other(0, alias.name, program) is not None:
            self.modules.add(local)

    def _other(self, level: int, dotted: str | None, program: AuditedFiles) -> FileNames | None:
        """The names of an imported file of the program."""
        found = imported_file(self.file, level, dotted, program.load)
        if found is None:
            return None
        other = program.names(found)
        self.files[other.file.name] = other.file
        self.files.update(other.files)
        return other

    def _import(self, node: ast.ImportFrom, other: FileNames | None) -> None:
        for alias in node.names:
            if alias.name != "*":
                self._take(alias.asname or alias.name, alias.name, other, node)
            elif other is None:
                self.unsafe.append((node.lineno, f"may bind any name: `{ast.unparse(node)}`"))
            else:
                told = (other.own, other.mechanisms, other.computations, other.aliases)
                for name in dict.fromkeys(name for names in told for name in names):
                    if not name.startswith("_"):
                        self._take(name, name, other, node)

    def _take(
        self, local: str, original: str, other: FileNames | None, node: ast.ImportFrom
    ) -> None:
        """Give an imported name the meaning that it has in the other file."""
        meaning = None if other is None else other.meaning(original)
        self._binds(local, node, meaning)
        if other is None or (meaning is None and original not in other.aliases):
            self.foreign.add(local)
            return
        match meaning:
            case Defined():
                self.computations[local] = meaning
            case ("fadc", name):
                self.own[local] = name
            case ("mechanism", name):
                self.mechanisms[local] = name
            case _:
                self.aliases[local] = other.aliases[original]
        self.taken.add(local)
        self.sources.update({other.file.path: other, **other.sources})

    def meaning(self, name: str) -> Defined | tuple[str, str] | None:
        """The meaning of a name of a primitive, mechanism or computation; None for other names."""
        if name in self.own:
            return "fadc", self.own[name]
        if name in self.mechanisms:
            return "mechanism", self.mechanisms[name]
        return self.computations.get(name)

    def _binds(self, local: str, node: ast.stmt, meaning: Defined | tuple[str, str] | None) -> None:
        """An import that rebinds a relevant name makes its meaning uncertain."""
        before = self.meaning(local)
        if before is not None and before != meaning:
            self.unsafe.append((node.lineno, f"binds `{local}` anew"))

    def _is_mark(self, node: ast.expr) -> bool:
        return self.fadc(node.func if isinstance(node, ast.Call) else node) == "computation"

    def _declared(self, node: ast.expr) -> str | None:
        """The name of the mechanism that `fed.aggregator("name", like=…)` declares."""
        if not isinstance(node, ast.Call) or self.fadc(node.func) != "aggregator" or not node.args:
            return None
        first = node.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else None

    def look_for_rebinding(self, tree: ast.Module) -> None:
        """Find rebound primitives, mechanisms and computations, which may mean anything."""
        bound: dict[str, int] = {}
        for node in ast.walk(tree):
            for name in bound_by(node):
                self.bound.add(name)
                bound[name] = bound.get(name, 0) + 1
                once = bound[name] == 1 and name not in self.taken
                if name in self.own or (name in self.mechanisms and not once):
                    self.unsafe.append((getattr(node, "lineno", 0), f"binds `{name}` anew"))
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                if isinstance(node.value, ast.Name) and node.value.id in {*self.own, *self.modules}:
                    self.unsafe.append((node.lineno, f"replaces `{ast.unparse(node)}`"))
            if isinstance(node, ast.Global | ast.Nonlocal):
                self.unsafe.append((node.lineno, "changes names of an outer scope"))
        self._look_for_redefinition(tree)

    def _look_for_redefinition(self, tree: ast.Module) -> None:
        """A computation's name may be local elsewhere, but has one meaning at the top level."""
        defined: set[str] = set(self.taken)
        for node in top_level(tree.body):
            targets = [node] if isinstance(node, ast.FunctionDef | ast.ClassDef) else ast.walk(node)
            inside = isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While)
            for name in (n for each in targets if not inside for n in bound_by(each)):
                if name in self.computations and name in defined:
                    self.unsafe.append((node.lineno, f"binds `{name}` anew"))
                defined.add(name)

    def fadc(self, node: ast.expr) -> str | None:
        """The name in fadc that an expression refers to, `broadcast` for `fed.broadcast`."""
        if isinstance(node, ast.Name):
            return self.own.get(node.id) or None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if self.own.get(node.value.id) == "" else None
        return None

    def builtin(self, node: ast.expr) -> str | None:
        """The builtin that an expression refers to, `zip` for `builtins.zip`."""
        if isinstance(node, ast.Name):
            imported = {*self.own, *self.foreign, *self.taken}
            return None if node.id in {*self.bound, *imported} else node.id
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if node.value.id in self.python - self.bound else None
        return None

    def mechanism(self, node: ast.expr) -> str | None:
        """The upload mechanism that an expression refers to; plain aggregation is called `sum`."""
        if isinstance(node, ast.Name) and node.id in self.mechanisms:
            return self.mechanisms[node.id]
        return "sum" if self.fadc(node) in ("sum", "mean", "weighted_mean") else None

    def annotated(self, node: ast.expr | None) -> Where:
        """The placements that an annotation declares."""
        if node is None:
            return STATIC
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.annotated(ast.parse(node.value, mode="eval").body)
            except (SyntaxError, ValueError):
                return STATIC
        if isinstance(node, ast.Name) and node.id in self.aliases:
            return self._alias(node.id)
        if isinstance(node, ast.Call) and _is_typed_dict(node.func) and len(node.args) == 2:
            return self.annotated(node.args[1])
        if isinstance(node, ast.Dict):
            keys = tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
            return Parts(tuple(self.annotated(each) for each in node.values), keys)
        base = node.value if isinstance(node, ast.Subscript) else node
        place = PLACES.get(self.fadc(base) or "")
        if place is not None:
            return place
        if not isinstance(node, ast.Subscript):
            return STATIC
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        inner = tuple(self.annotated(each) for each in parts)
        if isinstance(base, ast.Name) and base.id == "Annotated":
            return inner[0]
        container = self.builtin(base)
        if container == "tuple":
            return Parts(inner)
        if container == "list":
            return Rows(inner[0])
        if container == "dict":
            return inner[-1] if isinstance(inner[-1], str) else Entries(inner[-1])
        return STATIC

    def _alias(self, name: str) -> Where:
        """The placements of an annotation's alias, read once; static if it refers to itself."""
        if name not in self.read:
            self.read[name] = STATIC
            home, value = self.aliases[name]
            self.read[name] = home.annotated(value)
        return self.read[name]


def _is_typed_dict(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] == "TypedDict"


@dataclass
class AuditedFiles:
    """The files of a program that have been read, so that each is read only once."""

    load: Load
    known: dict[PurePosixPath, FileNames] = field(default_factory=dict)

    def names(self, file: File, *, root: bool = False) -> FileNames:
        """The names of a file. Raises SyntaxError if the root is not a Python module."""
        if file.path in self.known:
            return self.known[file.path]
        names = self.known[file.path] = FileNames(file, "" if root else f"{file.name}:")
        if not root and "fadc" not in file.text and file.path.name != "__init__.py":
            return names  # It has no exchanges: it is local code.
        try:
            tree = ast.parse(file.text)
        except (SyntaxError, ValueError, RecursionError):
            if root:
                raise
            return names  # Its definitions do not matter here.
        for node in top_level(tree.body):
            names.add(node, self)
        names.look_for_rebinding(tree)
        return names
