"""What the names of a module mean: fadc's own, upload mechanisms, computations, annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from fadc.audit.whereabouts import CLIENTS, SERVER, STATIC, Parts, Rows, Where

PLACES = {"Server": SERVER, "Clients": CLIENTS}


@dataclass
class Names:
    """The module-level names that matter.

    `own` maps local names to fadc's, the package itself being the empty name. `mechanisms` are the
    declared aggregators by the name they are bound to. `unsafe` says what takes a name's meaning away.
    """

    own: dict[str, str] = field(default_factory=dict)
    mechanisms: dict[str, str] = field(default_factory=dict)
    computations: dict[str, ast.FunctionDef] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    unsafe: list[tuple[int, str]] = field(default_factory=list)

    @staticmethod
    def of(tree: ast.Module) -> Names:
        """The names of a module."""
        names = Names()
        for node in _top_level(tree.body):
            names._add(node)
        names._look_for_rebinding(tree)
        return names

    def _add(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(names=imported):
                for alias in imported:
                    if alias.name == "fadc":
                        self.own[alias.asname or "fadc"] = ""
            case ast.ImportFrom(module="fadc", level=0, names=imported):
                self.own.update((alias.asname or alias.name, alias.name) for alias in imported)
            case ast.ImportFrom(names=imported):
                self.foreign.update(alias.asname or alias.name for alias in imported)
            case ast.FunctionDef(name=name):
                self.functions.add(name)
                if any(map(self._is_mark, node.decorator_list)):
                    self.computations[name] = node
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.aliases[name] = value
                mechanism = self._declared(value)
                if mechanism is not None:
                    self.mechanisms[name] = mechanism

    def _is_mark(self, node: ast.expr) -> bool:
        return self.fadc(node.func if isinstance(node, ast.Call) else node) == "computation"

    def _declared(self, node: ast.expr) -> str | None:
        """The name of the mechanism that `fed.aggregator("name", like=…)` declares."""
        if not isinstance(node, ast.Call) or self.fadc(node.func) != "aggregator" or not node.args:
            return None
        first = node.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else None

    def _look_for_rebinding(self, tree: ast.Module) -> None:
        """A primitive or mechanism that is bound anew somewhere may mean anything."""
        bound: dict[str, int] = {}
        for node in ast.walk(tree):
            for name in _bound(node):
                bound[name] = bound.get(name, 0) + 1
                if name in self.own or (name in self.mechanisms and bound[name] > 1):
                    self.unsafe.append((getattr(node, "lineno", 0), f"binds `{name}` anew"))
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                if isinstance(node.value, ast.Name) and node.value.id in self.own:
                    self.unsafe.append((node.lineno, f"replaces `{ast.unparse(node)}`"))
            if isinstance(node, ast.Global | ast.Nonlocal):
                self.unsafe.append((node.lineno, "changes names of an outer scope"))

    def fadc(self, node: ast.expr) -> str | None:
        """The name in fadc that an expression stands for, `broadcast` for `fed.broadcast`."""
        if isinstance(node, ast.Name):
            return self.own.get(node.id) or None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if self.own.get(node.value.id) == "" else None
        return None

    def mechanism(self, node: ast.expr) -> str | None:
        """The upload mechanism that an expression names; plain aggregation is called `sum`."""
        if isinstance(node, ast.Name) and node.id in self.mechanisms:
            return self.mechanisms[node.id]
        return "sum" if self.fadc(node) in ("sum", "mean", "weighted_mean") else None

    def annotated(self, node: ast.expr | None, depth: int = 0) -> Where:
        """Where an annotation says that a value is."""
        if node is None or depth > 20:
            return STATIC
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.annotated(ast.parse(node.value, mode="eval").body, depth + 1)
            except (SyntaxError, ValueError):
                return STATIC
        if isinstance(node, ast.Name) and node.id in self.aliases:
            return self.annotated(self.aliases[node.id], depth + 1)
        base = node.value if isinstance(node, ast.Subscript) else node
        place = PLACES.get(self.fadc(base) or "")
        if place is not None:
            return place
        if not isinstance(node, ast.Subscript) or not isinstance(base, ast.Name):
            return STATIC
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        inner = tuple(self.annotated(each, depth + 1) for each in parts)
        if base.id == "Annotated":
            return inner[0]
        if base.id == "tuple":
            return Parts(inner)
        if base.id == "list":
            return Rows(inner[0])
        return inner[-1] if base.id == "dict" else STATIC


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those under module-level conditions included."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _top_level(node.body)
            yield from _top_level(getattr(node, "orelse", []))


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds, imports left out."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name):
            yield name
