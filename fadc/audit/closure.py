"""Closure: a proof, by reading a module's text, that values cross only through the primitives.

Every expression of a computation is evaluated with the placements of the names in it. An expression
that uses a server and a client value together, moves a value to the other side other than by a
primitive, or cannot be followed is an objection; a module without objections is closed. Local
functions are assumed to be pure: they see only their arguments and return their results.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fadc.audit.expressions import ExpressionReader
from fadc.audit.files import File, Load
from fadc.audit.names import AuditedFiles, Defined
from fadc.audit.uses import Crossing, Objection
from fadc.audit.whereabouts import (
    MIXED,
    SERVER,
    STATIC,
    Parts,
    Rows,
    Where,
    admits,
    item,
    joined,
    part,
    places,
)


@dataclass(frozen=True)
class Closure:
    """The exchanges of a program's computations, by function, and the objections to their closure.

    ``files`` are the other files of the program that its imports lead to, by name.
    """

    uses: tuple[Crossing, ...]
    objections: tuple[Objection, ...]
    calls: dict[str, tuple[str, ...]]
    transposes: tuple[str, ...]
    files: tuple[File, ...] = ()

    def reached(self, roots: tuple[str, ...]) -> tuple[str, ...]:
        """Some computations and all that they call, in the order of the text."""
        found, waiting = set(roots), list(roots)
        while waiting:
            for name in self.calls.get(waiting.pop(), ()):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return tuple(name for name in self.calls if name in found)

    def of(self, roots: tuple[str, ...]) -> tuple[Crossing, ...]:
        """The uses in some computations and all that they call."""
        wanted = self.reached(roots)
        return tuple(use for use in self.uses if use.function in wanted)


def _nothing(path: PurePosixPath) -> None:
    """Loads no file."""


def closure(text: str, path: str = "program.py", load: Load = _nothing) -> Closure:
    """Read a module and, through `load`, the files of its program that it imports from.

    Raises SyntaxError if it is not a Python module.
    """
    here = PurePosixPath(path)
    names = AuditedFiles(load).names(File(here, here.name, text), root=True)
    uses: dict[Crossing, None] = {}
    objections = [Objection("", line, reason) for line, reason in names.unsafe]
    for other in names.sources.values():
        objections += [
            Objection("", line, f"in {other.file.name}, {reason}") for line, reason in other.unsafe
        ]
    calls: dict[str, tuple[str, ...]] = {}
    transposes: set[str] = set()
    waiting = [each for each in names.computations.values() if each.names is names]
    for computation in waiting:
        if computation.key in calls:
            continue
        reader = _ClosureReader(computation)
        reader.read()
        uses.update(dict.fromkeys(reader.expressions.uses))
        objections += reader.expressions.objections
        calls[computation.key] = tuple(sorted(reader.expressions.called))
        transposes.update(_declared(computation))
        waiting += reader.expressions.called.values()
    files = tuple(names.files[name] for name in sorted(names.files))
    found = tuple(dict.fromkeys(objections))
    return Closure(tuple(uses), found, calls, tuple(sorted(transposes)), files)


def _declared(computation: Defined) -> list[str]:
    """The mechanism that `transpose_broadcast` declares."""
    decorators = computation.node.decorator_list
    keywords = [k for d in decorators if isinstance(d, ast.Call) for k in d.keywords]
    named = [k.value for k in keywords if k.arg == "transpose_broadcast"]
    found = [computation.names.mechanism(value) for value in named]
    return [mechanism for mechanism in found if mechanism is not None]


Places = frozenset[tuple[str, Where]]
"""The placements of names."""


@dataclass
class _ClosureReader:
    """Reads the statements of one computation.

    ``known`` caches the placements of names after a loop, by the loop and the placements before it:
    an inner loop is not read again for each reading of the outer one.
    """

    computation: Defined
    expressions: ExpressionReader = field(init=False)
    known: dict[tuple[ast.expr, Places], Places] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names, self.node = self.computation.names, self.computation.node
        self.expressions = ExpressionReader(self.names, self.computation.key)

    def read(self) -> None:
        arguments = self.node.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self.expressions.env[each.arg] = self.names.annotated(each.annotation)
        if arguments.vararg or arguments.kwarg:
            self._object(self.node, "takes star-arguments")
        self._block(self.node.body)

    def _object(self, node: ast.stmt | ast.expr, reason: str) -> None:
        self.expressions.object_to(node, reason)

    def _block(self, body: list[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        evaluate = self.expressions.evaluate
        match node:
            case ast.Assign(targets=targets, value=value):
                where = evaluate(value)
                for target in targets:
                    self._bind(target, where)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._bind(target, evaluate(value))
            case ast.AugAssign(target=ast.Name(id=name) as target, value=value):
                before = self.expressions.env.get(name, STATIC)
                where = self.expressions.local(node, (before, evaluate(value)))
                self._bind(target, where)
            case ast.For(target=target, iter=iterable, body=body, orelse=[]):
                self._loop(target, iterable, body)
            case ast.If(test=test, body=body, orelse=orelse):
                self._if(test, body, orelse)
            case ast.Return(value=value):
                self._return(node, value)
            case ast.Expr(value=ast.Call() as call) if self._append(call):
                pass
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _:
                self._object(node, "is no statement of the language")

    def _bind(self, target: ast.expr, where: Where) -> None:
        match target:
            case ast.Name(id=name):
                if where == MIXED:
                    self._object(target, f"`{name}` depends on both sides")
                self.expressions.env[name] = where
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for index, each in enumerate(targets):
                    self._bind(each, part(where, index))
            case _:
                self._object(target, "assigns to something else than names")

    def _append(self, call: ast.Call) -> bool:
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                args=[value],
                keywords=[],
            ):
                tape = self.expressions.env.get(name)
                if isinstance(tape, Rows):
                    found = joined(tape.item, self.expressions.evaluate(value))
                    self.expressions.env[name] = Rows(found)
                    return True
        return False

    def _loop(self, target: ast.expr, iterable: ast.expr, body: list[ast.stmt]) -> None:
        names = {
            node.id
            for part in (target, iterable, *body)
            for node in ast.walk(part)
            if isinstance(node, ast.Name)
        }
        key = iterable, self._places(names)
        if key in self.known:
            self.expressions.env = {**self.expressions.env, **dict(self.known[key])}
        else:
            self._settle(target, iterable, body)
            self.known[key] = self._places(names)
        for name, where in self.expressions.env.items():
            if where == MIXED:
                self._object(iterable, f"`{name}` depends on both sides")

    def _places(self, names: set[str]) -> Places:
        env = self.expressions.env
        return frozenset((name, env[name]) for name in names if name in env)

    def _settle(self, target: ast.expr, iterable: ast.expr, body: list[ast.stmt]) -> None:
        """Read a loop until placements are stable: they may only change from static to placed."""
        first = self._item(iterable)
        for _ in range(4):
            before = dict(self.expressions.env)
            self._bind(target, first)
            self._block(body)
            after = self.expressions.env
            merged = {
                name: joined(before.get(name), after.get(name)) for name in {**before, **after}
            }
            self.expressions.env = merged
            if merged == before:
                break

    def _item(self, iterable: ast.expr) -> Where:
        """The placements of a loop's target."""
        callee = self.names.builtin(iterable.func) if isinstance(iterable, ast.Call) else None
        match callee, iterable:
            case "range", ast.Call(args=bounds, keywords=[]):
                for bound in bounds:
                    self.expressions.static(bound, "the bounds of a range")
                return STATIC
            case "reversed", ast.Call(args=[inner], keywords=[]):
                return self._item(inner)
            case "enumerate", ast.Call(args=[inner, *_]):
                return Parts((STATIC, self._item(inner)))
            case "zip", ast.Call(args=inner):
                return Parts(tuple(self._item(each) for each in inner))
        where = self.expressions.evaluate(iterable)
        if not isinstance(where, Rows) and not places(where) <= {SERVER}:
            self._object(iterable, "a loop runs over the clients")
        return item(where)

    def _if(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        self.expressions.static(test, "a condition")
        before = dict(self.expressions.env)
        self._block(body)
        then, self.expressions.env = self.expressions.env, before
        self._block(orelse)
        other = self.expressions.env
        for name in {**then, **other}:
            other[name] = joined(then.get(name), other.get(name))
            if other[name] == MIXED:
                self._object(
                    test, f"`{name}` is at the server in one arm, at the clients in the other"
                )

    def _return(self, node: ast.Return, value: ast.expr | None) -> None:
        where = STATIC if value is None else self.expressions.evaluate(value)
        if not admits(self.names.annotated(self.node.returns), where):
            self._object(node, "returns a value at another place than annotated")
