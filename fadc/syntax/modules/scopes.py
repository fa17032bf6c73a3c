"""The scopes in which a module's names are looked up: local, of functions around, the module's.

As in Python, a class's names are visible in its own body only, and a comprehension's first iterable
and a definition's decorators, defaults and annotations belong to the scope around them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

import fadc
from fadc.syntax.modules.spaces import Member, NameUse, Scopes, Space
from fadc.syntax.source.names import parameters, parts

_CAUGHT = frozenset("NameError AttributeError ImportError Exception BaseException".split())
"""The exceptions caught around code that may use missing names."""

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find_scopes(tree: ast.Module) -> Scopes:
    """Look up every name of a module."""
    top = Space("module")
    walk = _ScopeWalk(top, _has_late_annotations(tree))
    walk.later(tree.body, top, False)
    walk.run()
    found = Scopes(top, members=walk.members, is_open=walk.is_open)
    for use in walk.uses:
        space = use.space.look_up(use.node.id)
        if space is not None:
            found.locals[use.node] = space.bound[use.node.id]
        elif use.node.id not in top.bound and isinstance(use.node.ctx, ast.Load):
            found.unbound.append(use)
    return found


def _has_late_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and any(alias.name == "annotations" for alias in statement.names)
        for statement in tree.body
    )


@dataclass
class _ScopeWalk:
    """Walks a module in the order of its text, without recursion.

    Annotations that are ``late`` are not evaluated. A module that ``is_open`` may have names that its
    text does not show.
    """

    module: Space
    late: bool
    waiting: list[tuple[ast.AST, Space, bool]] = field(default_factory=list)
    uses: list[NameUse] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    is_open: bool = False

    def later(self, nodes: Iterable[ast.AST], space: Space, excused: bool) -> None:
        """Walk these nodes next."""
        self.waiting += [(node, space, excused) for node in reversed(list(nodes))]

    def run(self) -> None:
        while self.waiting:
            node, space, excused = self.waiting.pop()
            match node:
                case ast.Name():
                    self._use(node, space, excused)
                case ast.Attribute(value=ast.Name(id=owner) as value, attr=name):
                    self.members += [] if excused else [node]
                    self.is_open |= (owner, name) == ("sys", "modules")
                    self.later([value], space, excused)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self._define(node, space, excused)
                case ast.Lambda():
                    inner = Space("function", space, space.owner)
                    inner.bound.update(dict.fromkeys(parameters(node)))
                    self.later([node.body], inner, excused)
                    self.later(_defaults(node.args), space, excused)
                case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                    self._comprehend(node, space, excused)
                case ast.NamedExpr(target=target, value=value):
                    outer = next(each for each in space.outwards() if each.kind != "comprehension")
                    self.later([target], outer, excused)
                    self.later([value], space, excused)
                case _:
                    self._go_into(node, space, excused)

    def _use(self, node: ast.Name, space: Space, excused: bool) -> None:
        self.uses.append(NameUse(node, space, excused))
        if not isinstance(node.ctx, ast.Load):
            space.bind(node.id)
        elif node.id in ("globals", "exec"):
            self.is_open = True
        elif node.id in ("locals", "vars") and space is self.module:
            self.is_open = True

    def _define(self, node: _Definition, space: Space, excused: bool) -> None:
        """A definition: its name, the parts evaluated in the scope around it, and its body."""
        space.bind(node.name)
        around = self._with_types(node, space, excused)
        if isinstance(node, ast.ClassDef):
            self.later(node.body, Space("class", around, space.owner, title=node.name), excused)
            self.later([*node.bases, *node.keywords], around, excused)
        else:
            owner = space.owner or _title(space, node)
            inner = Space("function", around, owner, dict.fromkeys(parameters(node)))
            self.later(node.body, inner, excused)
            annotations = [each.annotation for each in _arguments(node.args)]
            given = [each for each in (*annotations, node.returns) if each is not None]
            self.later(given, around, excused or self.late)
            self.later(_defaults(node.args), space, excused)
        self.later(node.decorator_list, space, excused)

    def _with_types(self, node: ast.AST, space: Space, excused: bool) -> Space:
        """The scope of the code after type parameters (Python 3.12)."""
        listed = getattr(node, "type_params", [])
        if not listed:
            return space
        around = Space("types", space, space.owner, {each.name: None for each in listed})
        self.later([part for each in listed for part in parts(each)], around, excused)
        return around

    def _comprehend(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        space: Space,
        excused: bool,
    ) -> None:
        inner = Space("comprehension", space, space.owner)
        first, *rest = node.generators
        given = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.later([first.target, *first.ifs, *rest, *given], inner, excused)
        self.later([first.iter], space, excused)

    def _go_into(self, node: ast.AST, space: Space, excused: bool) -> None:
        """A node without a scope of its own: the names that it binds, and the nodes inside it."""
        match node:
            case ast.Try(body=body) | ast.TryStar(body=body):
                rest = [*node.handlers, *node.orelse, *node.finalbody]
                self.later(rest, space, excused)
                types = [each.type for each in node.handlers]
                self.later(body, space, excused or any(map(_catches, types)))
                return
            case ast.With(items=items) | ast.AsyncWith(items=items):
                calls = [each.context_expr for each in items]
                given = [a for call in calls if isinstance(call, ast.Call) for a in call.args]
                self.later(node.body, space, excused or any(map(_catches, given)))
                self.later(items, space, excused)
                return
            case ast.AnnAssign(annotation=annotation):
                unused = self.late or space.kind == "function"
                self.later([p for p in parts(node) if p is not annotation], space, excused)
                self.later([annotation], space, excused or unused)
                return
        if type(node).__name__ == "TypeAlias":  # Python 3.12; its value is not evaluated.
            name, value = node.name, node.value  # type: ignore[attr-defined]
            self.later([value], self._with_types(node, space, True), True)
            self.later([name], space, excused)
            return
        self._bind(node, space, excused)
        self.later(parts(node), space, excused)

    def _bind(self, node: ast.AST, space: Space, excused: bool) -> None:
        """Bind what a node names by text alone."""
        match node:
            case ast.Import(names=names):
                asks = any(alias.name.startswith(f"{fadc.__name__}.") for alias in names)
                self.members += [node] if asks and not excused else []
                for alias in names:
                    first = alias.name.partition(".")[0]
                    space.bind(alias.asname or first, alias.name if alias.asname else first)
            case ast.ImportFrom():
                self._import(node, space, excused)
            case ast.Global(names=listed):
                space.foreign.update(dict.fromkeys(listed, self.module))
            case ast.Nonlocal(names=listed):
                space.foreign.update(dict.fromkeys(listed))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                space.bind(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                space.bind(name)

    def _import(self, node: ast.ImportFrom, space: Space, excused: bool) -> None:
        origin = "." * node.level + (node.module or "")
        if origin.partition(".")[0] == fadc.__name__ and not excused:
            self.members.append(node)
        for alias in node.names:
            if alias.name != "*":
                space.bind(alias.asname or alias.name, f"{origin}.{alias.name}")
            elif origin == fadc.__name__:
                for name in fadc.__all__:
                    space.bind(name, f"{origin}.{name}")
            else:
                self.is_open = True


def _title(space: Space, node: _Definition) -> str:
    """The module-level definition that contains a function: itself, or the class around it."""
    classes = [each for each in space.outwards() if each.kind == "class"]
    return classes[-1].title if classes else node.name


def _arguments(args: ast.arguments) -> list[ast.arg]:
    rest = [extra for extra in (args.vararg, args.kwarg) if extra is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [each for each in (*args.defaults, *args.kw_defaults) if each is not None]


def _catches(node: ast.expr | None) -> bool:
    """Whether an ``except``, or a context manager with this argument, catches missing names."""
    if node is None:
        return True
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return any(each.id in _CAUGHT for each in names)
