"""What the writers of one module share: its names, imports and derived local functions."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

from fadc.emit.layout import constant, parse
from fadc.syntax.modules.module import Module
from fadc.syntax.source.format_strings import format_call
from fadc.syntax.source.names import free_names, fresh, parameters

_MODULES = {
    "fed": "fadc",
    "jax": "jax",
    "jnp": "jax.numpy",
    "builtins": "builtins",
    "typing": "typing",
}
_USUAL = {dotted: short for short, dotted in _MODULES.items()}


@dataclass
class Context:
    """The state of emitting one module.

    ``functions`` holds the derived local functions by key, ``types`` the definitions of annotations.
    """

    module: Module
    modules: dict[str, Module]
    taken: set[str]
    functions: dict[object, ast.FunctionDef] = field(default_factory=dict)
    types: dict[str, ast.Assign] = field(default_factory=dict)
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
        return {self.module_name(dotted) for dotted in _USUAL}

    def module_name(self, dotted: str) -> str:
        """The name of an imported module: the source's own, or a new one that is free."""
        for local, name in sorted(self.module.imports.items(), key=self._is_not_prefix):
            once = self.module.names.get(local) == 1 and local not in self.parameters
            if name == dotted and once:
                return local
        if dotted not in self.imports:
            self.imports[dotted] = self.fresh(_USUAL[dotted], self.parameters)
        return self.imports[dotted]

    def _is_not_prefix(self, item: tuple[str, str]) -> bool:
        """Sorts the name first under which the source itself speaks of computations."""
        decorators = [d for c in self.module.computations.values() for d in c.decorator_list]
        names = {n.id for d in decorators for n in ast.walk(d) if isinstance(n, ast.Name)}
        return item[0] not in names

    @property
    def locals(self) -> frozenset[str]:
        """The names of the source's locals and of all parameters, which no function may take."""
        return self.own_locals | self.parameters

    def use(self, name: str) -> str:
        """Record that the emitted text uses a module-level name."""
        self.used.add(name)
        return name

    def computation_name(self, key: str) -> str:
        """The name under which a computation of the program can be called."""
        return self.keys.get(key, key)

    def fresh(self, name: str, others: frozenset[str] = frozenset()) -> str:
        """A module-level name that nobody has."""
        found = fresh(name, self.taken | others)
        self.taken.add(found)
        return found

    def name(self, dotted: str) -> ast.expr:
        """``fed.map``, ``jax.vjp``, ``jnp.ones_like``: a member of a module."""
        short, _, member = dotted.partition(".")
        base = self.module_name(_MODULES[short])
        return ast.Attribute(value=ast.Name(id=self.use(base)), attr=member)

    def python(self, name: str) -> ast.expr:
        """A function of Python's own, by way of its module where its name is taken."""
        if name not in self.module.names and name not in self.parameters:
            return ast.Name(id=name)
        return self.name(f"builtins.{name}")

    def local_code(self, source: str, path: str, bound: frozenset[str]) -> ast.expr:
        """The syntax tree of local code; globals of other modules get their names in this one."""
        tree = parse(source)
        filled: dict[str, ast.expr] = {}
        for name in free_names(tree):
            if name not in bound:
                found = self._outside(name, path)
                if isinstance(found, ast.Name):
                    self.use(found.id)
                if not (isinstance(found, ast.Name) and found.id == name):
                    filled[name] = found
        return fill(tree, filled) if filled else tree

    def _outside(self, name: str, path: str) -> ast.expr:
        """A global of some module, or a function of Python's own, in the emitted one."""
        other = self.modules.get(path, self.module)
        if other is not self.module and name not in other.names and hasattr(builtins, name):
            return self.python(name)
        return ast.Name(id=self.global_name(name, path))

    def global_name(self, name: str, path: str) -> str:
        """What a global of some module is called in the emitted one."""
        if path == self.module.path or path not in self.modules:
            return name
        key = (path, name)
        if key not in self.foreign:
            known = self.module.imports.get(name)
            other = self.modules[path]
            same = known is not None and known == other.imports.get(name)
            self.foreign[key] = name if same else self.fresh(name)
        return self.foreign[key]


class _Fill(ast.NodeTransformer):
    """Puts expressions in place of free names; what is bound inside makes way for them."""

    def __init__(self, filled: dict[str, ast.expr]) -> None:
        self.filled = filled

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.filled.get(node.id, node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        if all(_is_named(self.filled.get(name), name) for name in free_names(node)):
            return node
        template, arguments = format_call(node)
        called = ast.Attribute(value=constant(template), attr="format")
        return ast.Call(func=called, args=[self.visit(each) for each in arguments], keywords=[])

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        inner, renamed = self._inside(parameters(node), [node.body])
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.arg = renamed.get(argument.arg, argument.arg)
        node.body = inner.visit(node.body)
        return node

    def _inside(self, bound: Iterable[str], body: list[ast.expr]) -> tuple[_Fill, dict[str, str]]:
        """The filling inside a scope that binds names, and the new names of those."""
        inner = {name: tree for name, tree in self.filled.items() if name not in bound}
        read = {name for part in body for name in free_names(part)}
        arriving = {name for key in inner if key in read for name in free_names(inner[key])}
        renamed = {}
        for name in bound:
            if name in arriving:
                new = f"{name}_"
                while new in arriving or new in read:
                    new += "_"
                renamed[name] = new
                inner[name] = ast.Name(id=new, ctx=ast.Load())
        return _Fill(inner), renamed

    def _visit_comprehension(self, node: ast.expr) -> ast.expr:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        first = generators[0]
        first.iter = self.visit(first.iter)
        bound = [n.id for g in generators for n in ast.walk(g.target) if isinstance(n, ast.Name)]
        parts = [getattr(node, name) for name in ("elt", "key", "value") if hasattr(node, name)]
        inner, _ = self._inside(bound, [*parts, *(c for g in generators for c in g.ifs)])
        for index, generator in enumerate(generators):
            if index:
                generator.iter = inner.visit(generator.iter)
            generator.target = inner.visit(generator.target)
            generator.ifs = [inner.visit(condition) for condition in generator.ifs]
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                setattr(node, name, inner.visit(getattr(node, name)))
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


def _is_named(tree: ast.expr | None, name: str) -> bool:
    """Whether nothing but the name itself is to stand for it."""
    return tree is None or isinstance(tree, ast.Name) and tree.id == name


def fill(tree: ast.expr, filled: dict[str, ast.expr]) -> ast.expr:
    """The tree with expressions in place of its free names."""
    found = _Fill(filled).visit(tree)
    assert isinstance(found, ast.expr)
    return found
