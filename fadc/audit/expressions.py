"""The placement of an expression's value, and the uses of primitives in the expression."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace

from fadc.audit.names import Defined, FileNames
from fadc.audit.uses import Crossing, Objection
from fadc.audit.whereabouts import (
    CLIENTS,
    MIXED,
    SERVER,
    STATIC,
    Parts,
    Rows,
    Where,
    admits,
    item,
    joined,
    moved,
    one,
    part,
    places,
)

_KNOWN_TO_ALL = ("shape", "ndim", "dtype", "size")


@dataclass
class ExpressionReader:
    """Follows the expressions of one computation."""

    names: FileNames
    function: str
    env: dict[str, Where] = field(default_factory=dict)
    uses: list[Crossing] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    called: dict[str, Defined] = field(default_factory=dict)

    def object_to(self, node: ast.AST, reason: str) -> None:
        self.objections.append(Objection(self.function, getattr(node, "lineno", 0), reason))

    def static(self, node: ast.expr, what: str) -> None:
        """Require that a value is static."""
        if places(self.evaluate(node)):
            self.object_to(node, f"{what} depends on data: `{_short(node)}`")

    def local(self, node: ast.AST, parts: Iterable[Where]) -> str:
        """Local work outside mapped functions: it is the server's and must use no client value."""
        where = one(parts)
        if where in (CLIENTS, MIXED):
            self.object_to(node, f"looks at client values outside fed.map: `{_short(node)}`")
            return SERVER
        return where

    def evaluate(self, node: ast.expr) -> Where:
        """The placement of an expression's value."""
        match node:
            case ast.Name(id=name):
                return self.env.get(name, STATIC)
            case ast.Constant():
                return STATIC
            case ast.Tuple(elts=parts):
                return Parts(tuple(self.evaluate(each) for each in parts))
            case ast.List(elts=parts):
                return self._list([self.evaluate(each) for each in parts])
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values)
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)):
                return part(self.evaluate(value), key)
            case ast.Subscript(value=value, slice=ast.Constant(value=int() as index)):
                inner = self.evaluate(value)
                return (
                    part(inner, index) if isinstance(inner, Parts) else self.local(node, (inner,))
                )
            case ast.Attribute(value=value, attr=name):
                return self._attribute(node, self.evaluate(value), name)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.static(test, "a condition")
                return joined(self.evaluate(body), self.evaluate(orelse))
            case ast.Call(args=[], keywords=[]) if self.names.builtin(node.func) == "list":
                return Rows(None)
            case ast.Call():
                return self._call(node)
            case ast.Lambda():
                return self._closed_over(node)
            case ast.ListComp(elt=element, generators=[ast.comprehension(ifs=[]) as clause]) if (
                columns := self._columns(clause)
            ) is not None and _is_display(element, columns):
                return Rows(replace(self, env=columns).evaluate(element))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._closed_over(node)
            case ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
                self.object_to(node, f"is no expression of the language: `{_short(node)}`")
        return self.local(node, [self.evaluate(each) for each in _children(node)])

    @staticmethod
    def _list(items: list[Where]) -> Where:
        found: Where | None = None
        for each in items:
            found = joined(found, each)
        return Rows(found)

    def _dict(self, node: ast.Dict, keys: list[ast.expr | None], values: list[ast.expr]) -> Where:
        inner = tuple(self.evaluate(value) for value in values)
        labels = [key.value for key in keys if isinstance(key, ast.Constant)]
        if len(labels) == len(inner) and all(isinstance(label, str) for label in labels):
            return Parts(inner, tuple(str(label) for label in labels))
        outer = [self.evaluate(key) for key in keys if key is not None]
        return self.local(node, (*outer, *inner))

    def _attribute(self, node: ast.Attribute, where: Where, name: str) -> Where:
        if name in _KNOWN_TO_ALL and places(where) <= {SERVER}:
            return STATIC
        if isinstance(where, Parts):
            return self.local(node, (where,))
        return one((where,))

    def _columns(self, clause: ast.comprehension) -> dict[str, Where] | None:
        """Where the items are of the lists that `for a, b in zip(…, strict=True)` goes through."""
        match clause:
            case ast.comprehension(
                target=ast.Tuple(elts=names), iter=ast.Call(func=callee, args=lists)
            ) if self.names.builtin(callee) == "zip" and len(names) == len(lists):
                known = [each for each in lists if isinstance(each, ast.Name)]
                found = [self.env.get(each.id, STATIC) for each in known]
                if len(found) == len(names) and all(isinstance(each, Rows) for each in found):
                    return dict(zip(map(ast.unparse, names), map(item, found), strict=True))
        return None

    def _closed_over(self, node: ast.expr) -> str:
        """A lambda or comprehension: it depends on all values that it reads."""
        own = {arg.arg for inner in ast.walk(node) for arg in _arguments(inner)}
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_stored(n)}
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr) and not isinstance(node, ast.Lambda):
                self.object_to(inner, f"binds a name from inside: `{_short(inner)}`")
            if isinstance(inner, ast.Call) and self._crosses(inner.func):
                self.object_to(inner, f"a primitive stands inside an expression: `{_short(inner)}`")
        read = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id not in own]
        return self.local(node, [self.env.get(name, STATIC) for name in read])

    def _crosses(self, function: ast.expr) -> bool:
        name = self.names.fadc(function)
        return name in ("broadcast", "map") or self.names.mechanism(function) is not None

    # Calls -------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Where:
        name = self.names.fadc(node.func)
        shadowed = isinstance(node.func, ast.Name) and node.func.id in self.env
        if not shadowed and name == "broadcast":
            return self._cross(node, "down", "broadcast", "", SERVER, CLIENTS)
        if not shadowed and name == "map":
            return self._map(node)
        mechanism = None if shadowed else self.names.mechanism(node.func)
        if mechanism is not None:
            return self._upload(node, name or "", mechanism)
        if name == "num_clients":
            return SERVER
        if not shadowed and isinstance(node.func, ast.Name):
            callee = self.names.computations.get(node.func.id)
            if callee is not None:
                return self._computation(node, node.func.id, callee)
        return self._other(node, name)

    def _cross(
        self,
        node: ast.Call,
        direction: str,
        primitive: str,
        mechanism: str,
        source: str,
        target: str,
    ) -> Where:
        named = [each.value for each in node.keywords if each.arg == "value"]
        given = [*node.args, *named]
        extra = len(given) != 1 or len(named) < len(node.keywords)
        if extra or isinstance(given[0], ast.Starred):
            self.object_to(node, f"{primitive} takes one value: `{_short(node)}`")
            return target
        where = self.evaluate(given[0])
        if not places(where) <= {source}:
            self.object_to(node, f"{primitive} is given values that are not at the {source}")
        self._note(node, direction, primitive, mechanism)
        return moved(where, target)

    def _note(self, node: ast.Call, direction: str, primitive: str, mechanism: str) -> None:
        code = ast.unparse(node)
        self.uses.append(
            Crossing(self.function, node.lineno, direction, primitive, mechanism, code)
        )

    def _upload(self, node: ast.Call, name: str, mechanism: str) -> Where:
        if name != "weighted_mean":
            primitive = name or ast.unparse(node.func)
            return self._cross(node, "up", primitive, mechanism, CLIENTS, SERVER)
        chosen = [k.value for k in node.keywords if k.arg == "aggregator"] + node.args[2:]
        through = self.names.mechanism(chosen[0]) if chosen else mechanism
        values = [self.evaluate(each) for each in node.args[:2]]
        if through is None or not frozenset().union(*map(places, values)) <= {CLIENTS}:
            self.object_to(node, f"cannot be followed: `{_short(node)}`")
        self._note(node, "up", name, through or "?")
        return moved(values[0], SERVER) if values else SERVER

    def _map(self, node: ast.Call) -> Where:
        if not node.args or any(isinstance(each, ast.Starred) for each in node.args):
            self.object_to(node, f"cannot be followed: `{_short(node)}`")
            return CLIENTS
        function, *args = node.args
        if places(self.evaluate(function)):
            self.object_to(function, f"a mapped function captures a value: `{_short(function)}`")
        for arg in args:
            if not places(self.evaluate(arg)) <= {CLIENTS}:
                self.object_to(arg, f"a server value is used at the clients: `{_short(arg)}`")
        for keyword in node.keywords:
            self.static(keyword.value, "a keyword of fed.map")
        return CLIENTS

    def _computation(self, node: ast.Call, name: str, callee: Defined) -> Where:
        self.called[callee.key] = callee
        own = callee.node.args
        parameters = [*own.posonlyargs, *own.args]
        known = {each.arg: each for each in (*parameters, *own.kwonlyargs)}
        given = [(each.arg, arg) for each, arg in zip(parameters, node.args, strict=False)]
        given += [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        starred = any(isinstance(arg, ast.Starred) for arg in node.args)
        if starred or len(node.args) > len(parameters) or any(key not in known for key, _ in given):
            self.object_to(node, f"cannot be followed: `{_short(node)}`")
        for key, arg in given:
            where = self.evaluate(arg)
            wanted = callee.names.annotated(known[key].annotation) if key in known else where
            if not admits(wanted, where):
                self.object_to(arg, f"is not where `{name}` wants it: `{_short(arg)}`")
        return callee.names.annotated(callee.node.returns)

    def _other(self, node: ast.Call, name: str | None) -> Where:
        """A local function, at the server."""
        if name is None and isinstance(node.func, ast.Name):
            if node.func.id in self.names.foreign and _is_client_work(self, node):
                self.object_to(node, f"`{node.func.id}` comes from another module, unread")
                return SERVER
        parts = [self.evaluate(each) for each in (node.func, *node.args)]
        parts += [self.evaluate(keyword.value) for keyword in node.keywords]
        if self.names.builtin(node.func) in ("reversed", "list") and node.args:
            if isinstance(parts[1], Rows):
                return parts[1]
        return self.local(node, parts)


def _is_client_work(expressions: ExpressionReader, node: ast.Call) -> bool:
    return any(CLIENTS in places(expressions.evaluate(each)) for each in node.args)


def _children(node: ast.AST) -> Iterable[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop):
            yield from _children(child)


def _arguments(node: ast.AST) -> list[ast.arg]:
    if not isinstance(node, ast.Lambda):
        return []
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return found + [each for each in (node.args.vararg, node.args.kwarg) if each is not None]


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is_display(node: ast.expr, names: Container[str]) -> bool:
    """Whether an expression only puts the values of names into tuples and dicts."""
    if isinstance(node, ast.Tuple):
        return all(_is_display(each, names) for each in node.elts)
    if isinstance(node, ast.Dict):
        constant = all(isinstance(key, ast.Constant) for key in node.keys)
        return constant and all(_is_display(each, names) for each in node.values)
    return isinstance(node, ast.Name) and node.id in names


def _short(node: ast.AST) -> str:
    text = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    return text if len(text) <= 60 else text[:59] + "…"
