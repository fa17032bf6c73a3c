"""Programs: the computations of a module and of imported files, callees before their callers."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from fadc.diagnostics import Diagnostic
from fadc.ir import Computation, Program, Tree
from fadc.syntax.modules.module import Loader, Module, name_of
from fadc.syntax.modules.reader import read_module
from fadc.syntax.scope.bindings import Meanings
from fadc.syntax.scope.trees import is_poisoned
from fadc.syntax.source import names
from fadc.syntax.source.names import fresh
from fadc.syntax.source.nesting import is_too_deep, room
from fadc.syntax.statements.computation import is_whole, read_computation
from fadc.syntax.statements.computation_scope import open_scope
from fadc.syntax.statements.results import read_statements
from fadc.syntax.statements.signatures import read_parameters


def _nothing(path: PurePosixPath) -> None:
    return None


@dataclass(eq=False)
class Reading:
    """A module and its computations, with their diagnostics.

    ``faulty`` are the computations with errors, as far as they can be read: their client code is
    checked nevertheless.
    """

    module: Module | None
    program: Program
    diagnostics: list[Diagnostic] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    faulty: list[Computation] = field(default_factory=list)
    load: Loader = _nothing

    @property
    def texts(self) -> dict[str, str]:
        """The text of each file that is read, by its path."""
        here = {} if self.module is None else {self.module.path: self.module}
        return {path: module.text.text for path, module in {**self.modules, **here}.items()}

    @property
    def everything(self) -> Program:
        """The program with the faulty computations, as far as they can be read."""
        return Program({**self.program.computations, **{each.name: each for each in self.faulty}})


def read_program(source: str, path: str, load: Loader | None = None) -> Reading:
    """Read the text of a module: its computations as IR, and its diagnostics."""
    module = read_module(source, path, load)
    if isinstance(module, Diagnostic):
        return Reading(None, Program(), [module])
    reader = _ProgramReader(module)
    with room():
        for name in module.computations:
            reader.read(module, name)
    diagnostics = list(dict.fromkeys(module.reports))
    for other in reader.modules.values():
        if other is not module:
            diagnostics += [d for d in dict.fromkeys(other.reports) if d not in diagnostics]
    reading = Reading(
        module,
        Program(reader.computations),
        diagnostics,
        reader.modules,
        reader.meanings,
        reader.faulty,
        load or _nothing,
    )
    assert reading.diagnostics or not reading.faulty, (
        "a computation that cannot be read has an error"
    )
    reading.diagnostics.sort(key=lambda d: (d.span.path != path, d.span, d.code))
    return reading


@dataclass
class _ProgramReader:
    """Reads computations; the callees of ``active`` ones are being read, ``done`` ones are read."""

    root: Module
    callees: dict[tuple[str, str], Computation] = field(default_factory=dict)
    computations: dict[str, Computation] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    active: list[tuple[str, str]] = field(default_factory=list)
    done: set[tuple[str, str]] = field(default_factory=set)
    meanings: Meanings = field(default_factory=dict)
    faulty: list[Computation] = field(default_factory=list)

    def read(self, module: Module, name: str) -> None:
        """Read a computation, after those that it calls."""
        key = (module.path, name)
        if key in self.done or key in self.active:
            return
        self.modules.setdefault(module.path, module)
        self.active.append(key)
        node = module.computations[name]
        too_deep = is_too_deep(node)
        if too_deep:
            module.report("FAD130", name_of(module, node))
        for callee in _called(module, node):
            owner, original = module.computation(callee) or (module, callee.id)
            if (owner.path, original) in self.active:
                module.report("FAD115", callee, name=callee.id)
            else:
                self.read(owner, original)
        self.active.pop()
        self.done.add(key)
        if too_deep:
            return
        scope = open_scope(module, self.callees, node, self.meanings)
        before = len(module.reports)
        computation = read_computation(scope, node, self._key(module, name))
        undefined = any(each in module.undefined for each in names.nodes(node))
        if undefined or module.has_standing(before) or not is_whole(computation):
            self.faulty.append(computation)
            return
        self.callees[key] = computation
        self.computations[computation.name] = computation

    def _key(self, module: Module, name: str) -> str:
        """A computation's name in the program: its own, or with a number if that is taken."""
        if module is self.root:
            return name
        return fresh(name, {*self.root.computations, *self.computations})


def _called(module: Module, node: ast.FunctionDef) -> list[ast.Name]:
    called = (inner.func for inner in names.nodes(node) if isinstance(inner, ast.Call))
    return [
        callee
        for callee in called
        if isinstance(callee, ast.Name) and module.computation(callee) is not None
    ]


def returned(reading: Reading, module: Module, node: ast.FunctionDef) -> Tree | None:
    """The result of a computation without a result annotation; None if it has errors."""
    silent = replace(module, reports=[])
    callees = {(c.module, c.name): c for c in reading.program.computations.values()}
    scope = open_scope(silent, callees, node, {})
    read_parameters(scope, node)
    tree = read_statements(scope, node)
    return None if silent.reports or tree is None or is_poisoned(tree) else tree
