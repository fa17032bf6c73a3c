"""Computations: signatures, bodies, results; callees are read before their callers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from fadc.diagnostics import Diagnostic
from fadc.ir import (
    Array,
    Computation,
    Leaf,
    Literal,
    Node,
    Program,
    Tree,
    all_leaves,
    defined,
    leaves,
    used,
)
from fadc.syntax import names
from fadc.syntax.annotations import Declared, Structure
from fadc.syntax.calls import conform
from fadc.syntax.channels import report_channels
from fadc.syntax.decorators import read_decorators
from fadc.syntax.expressions import lower
from fadc.syntax.modules import Loader, Module, name_of, read_module
from fadc.syntax.nesting import is_too_deep, room
from fadc.syntax.scope import (
    Meanings,
    Scope,
    Target,
    annotation_of,
    declared_of,
    is_poisoned,
)
from fadc.syntax.signatures import read_parameters, read_result_annotation
from fadc.syntax.statements import lower_block
from fadc.syntax.targets import bound_names, names_assigned_by, static_value, target_of


def _nothing(path: PurePosixPath) -> None:
    return None


@dataclass
class Reading:
    """A module and its computations, with everything that is wrong with them.

    ``faulty`` are the computations with errors, as far as they can be read: what they run at the clients
    is looked at all the same.
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
        """The faulty computations, too, as far as they can be read."""
        return Program({**self.program.computations, **{each.name: each for each in self.faulty}})


def read_program(source: str, path: str, load: Loader | None = None) -> Reading:
    """Read the text of a module: its computations as IR, and its diagnostics."""
    module = read_module(source, path, load)
    if isinstance(module, Diagnostic):
        return Reading(None, Program(), [module])
    reader = _Reader(module)
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
class _Reader:
    root: Module
    callees: dict[tuple[str, str], Computation] = field(default_factory=dict)
    computations: dict[str, Computation] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    active: list[tuple[str, str]] = field(default_factory=list)
    done: set[tuple[str, str]] = field(default_factory=set)
    meanings: Meanings = field(default_factory=dict)
    faulty: list[Computation] = field(default_factory=list)

    def read(self, module: Module, name: str) -> None:
        """Read a computation after those it calls."""
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
        scope = Scope(
            module,
            self.callees,
            unpackings=_unpackings(node),
            local_names=frozenset(_locals(node)),
            meanings=self.meanings,
            function=node,
            identifiers=_identifiers(node),
        )
        before = len(module.reports)
        computation = _read_computation(scope, node, self._key(module, name))
        undefined = any(each in module.undefined for each in names.nodes(node))
        if undefined or _is_refused(module, before) or not _is_whole(computation):
            self.faulty.append(computation)
            return
        self.callees[key] = computation
        self.computations[computation.name] = computation

    def _key(self, module: Module, name: str) -> str:
        if module is self.root:
            return name
        taken = {*self.root.computations, *self.computations}
        number = 2
        key = name
        while key in taken:
            key, number = f"{name}_{number}", number + 1
        return key


def _is_refused(module: Module, before: int) -> bool:
    """Whether there are more reports than before that no comment waives."""
    return any(map(module.stands, module.reports[before:]))


def _called(module: Module, node: ast.FunctionDef) -> list[ast.Name]:
    called = (inner.func for inner in names.nodes(node) if isinstance(inner, ast.Call))
    return [
        callee
        for callee in called
        if isinstance(callee, ast.Name) and module.computation(callee) is not None
    ]


def _read_computation(scope: Scope, node: ast.FunctionDef, key: str) -> Computation:
    """One computation as IR; where it has errors, as far as it can be read, without a result."""
    module = scope.module
    before = len(module.reports)
    parameters = read_parameters(scope, node)
    transpose, transpose_span = read_decorators(module, node)
    declared, annotation = read_result_annotation(module, node)
    result = _read_body(scope, node, declared)
    report_channels(module, node)
    if result is None or _is_refused(module, before):
        declared, result = None, Node("tuple", ())
    return Computation(
        key,
        tuple(parameters),
        tuple(scope.operations),
        result,
        annotation,
        module.text.span(name_of(module, node)),
        ast.get_docstring(node),
        transpose,
        module.path,
        tuple(_arrays(declared, result)) if declared is not None else (),
        transpose_span=transpose_span,
        labels=_labels(node, result),
    )


def _labels(node: ast.FunctionDef, result: Tree) -> tuple[str, ...]:
    """The names that a computation returns; none where one stands for several parts."""
    value = getattr(node.body[-1], "value", None)
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    if isinstance(value, ast.Name) and isinstance(result, Node):
        return ()
    return tuple(part.id if isinstance(part, ast.Name) else "" for part in parts)


def _is_whole(computation: Computation) -> bool:
    """Whether all that a computation reads is defined: what stands for an error elsewhere is not."""
    known = defined(computation.block)
    known.update(all_leaves(parameter.tree for parameter in computation.parameters))
    return known.issuperset((*used(computation.block), *leaves(computation.result)))


def _arrays(declared: Declared, tree: Tree) -> Iterator[Array | None]:
    """What the result's annotation says of each leaf of the result."""
    if isinstance(declared, Structure) and isinstance(tree, Node):
        known = declared.children
        children = known * len(tree.children) if len(known) == 1 else known
        if declared.kind == "dict":
            children = tuple(declared.part(key) for key in tree.keys)
        for part, child in zip(children, tree.children, strict=True):
            yield from _arrays(part, child)
    else:
        yield declared.array if isinstance(declared, Leaf) else None


def _unpackings(node: ast.FunctionDef) -> dict[str, Target]:
    """The names that composites are unpacked into, so that their parts can be called that."""
    found: dict[str, Target] = {}
    for inner in names.nodes(node):
        if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Name):
            target = target_of(inner.targets[0])
            if isinstance(target, tuple):
                found.setdefault(inner.value.id, target)
        elif isinstance(inner, ast.For) and isinstance(inner.iter, ast.Name):
            target = target_of(inner.target)
            if isinstance(target, tuple):
                found.setdefault(inner.iter.id, tuple(_plural(part) for part in target))
    return found


def _plural(target: Target) -> Target:
    if isinstance(target, tuple):
        return tuple(_plural(part) for part in target)
    return f"{target}s" if target else None


def _read_body(scope: Scope, node: ast.FunctionDef, declared: Declared | None) -> Tree | None:
    tree = _read_statements(scope, node)
    if tree is None or declared is None or is_poisoned(tree):
        return None
    last = node.body[-1]
    assert isinstance(last, ast.Return) and last.value is not None
    found = conform(scope, last.value, tree, declared)
    if found is None:
        slots = {"declared": annotation_of(declared), "found": _found(tree)}
        scope.report("FAD207", last.value, **slots)
    return _with_values(scope, last.value, found) if found is not None else None


def _with_values(scope: Scope, node: ast.expr, tree: Tree) -> Tree:
    """A result whose constants are static values: a caller gets a value for each part."""
    if isinstance(tree, Node):
        parts = tuple(_with_values(scope, node, child) for child in tree.children)
        return Node(tree.kind, parts, tree.keys)
    return static_value(scope, node, tree.source, "out") if isinstance(tree, Literal) else tree


def _own(node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function, those of definitions inside it left out."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.stmt):
            yield current
        if not isinstance(
            current, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr
        ):
            waiting += ast.iter_child_nodes(current)


def _read_statements(scope: Scope, node: ast.FunctionDef) -> Tree | None:
    """What a computation returns, as it is; None where it does not."""
    *statements, last = node.body
    if not isinstance(last, ast.Return):
        lower_block(scope, node.body)
        if not any(isinstance(inner, ast.Return) for inner in _own(node)):
            scope.report("FAD109", name_of(scope.module, node), problem="is missing")
        return None
    lower_block(scope, statements)
    if last.value is None:
        scope.report("FAD109", last, problem="has no value")
        return None
    target = None if "out" in scope.local_names else "out"
    return lower(scope, last.value, target, "out")


def returned(reading: Reading, module: Module, node: ast.FunctionDef) -> Tree | None:
    """What a computation returns that has no result annotation; None where it has errors."""
    silent = replace(module, reports=[])
    callees = {(c.module, c.name): c for c in reading.program.computations.values()}
    scope = Scope(
        silent,
        callees,
        unpackings=_unpackings(node),
        local_names=frozenset(_locals(node)),
        function=node,
        identifiers=_identifiers(node),
    )
    read_parameters(scope, node)
    tree = _read_statements(scope, node)
    return None if silent.reports or tree is None or is_poisoned(tree) else tree


def _locals(node: ast.FunctionDef) -> set[str]:
    """The names that a computation binds, those of comprehensions left out."""
    found = set(names.parameters(node)) | set(names_assigned_by(names.nodes(node)))
    foreign: set[str] = set()
    listed = names.nodes(node)
    lambdas = [inner for inner in listed if isinstance(inner, ast.Lambda)]
    theirs = {id(inner) for each in lambdas for inner in ast.walk(each)}
    for inner in listed:
        if isinstance(inner, ast.Global | ast.Nonlocal):
            foreign.update(inner.names)
        elif isinstance(inner, ast.NamedExpr) and id(inner) not in theirs:
            found.add(inner.target.id)
        elif isinstance(inner, ast.stmt) and inner is not node and not isinstance(inner, _READ):
            found |= bound_names(inner)
    return found - foreign


def _identifiers(node: ast.FunctionDef) -> set[str]:
    """Every name in a computation."""
    listed = names.nodes(node)
    return {n.id for n in listed if isinstance(n, ast.Name)} | {
        n.arg for n in listed if isinstance(n, ast.arg)
    }


def _found(tree: Tree) -> str:
    return annotation_of(declared_of(tree)) if not isinstance(tree, Literal) else "static"


_READ = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.If | ast.Expr | ast.Return
"""Statements whose names, apart from those that comprehensions bind, are assigned."""
