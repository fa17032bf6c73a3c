"""What the names of a computation stand for while its statements are read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from fadc.ir import (
    NONE,
    Apply,
    Array,
    Computation,
    Expression,
    Leaf,
    Literal,
    Node,
    Operation,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    all_leaves,
    leaves,
    part_label,
    placement,
    quoted,
)
from fadc.span import Span
from fadc.syntax.annotations import Declared, Structure
from fadc.syntax.modules import Module
from fadc.syntax.names import root
from fadc.syntax.text import Located

Target = str | tuple["Target", ...] | None
"""The names that a result is assigned to, in their nesting."""

Length = object
"""Equal for lists and ranges that are known to be of one length."""

Key = tuple[str, tuple[Tree, ...]]
"""A static condition: its text and the values of its names."""


@dataclass(frozen=True)
class OpenTape:
    """A list that starts empty and waits for the loop that fills it."""

    name: str
    depth: int
    span: Span


@dataclass(frozen=True)
class Partial:
    """A name bound in one arm of a branch: usable where the same condition holds again."""

    tree: Tree | Made | OpenTape
    condition: Key
    holds: bool


@dataclass(frozen=True)
class Expired:
    """A name that may not be used any more, and why."""

    reason: str


@dataclass(frozen=True)
class Conflict:
    """A name that two paths bind to things that do not go together: an error where it is used."""

    code: str
    node: ast.expr | ast.stmt
    slots: dict[str, object]


@dataclass(frozen=True)
class Made:
    """A function or another object made of placed values: an expression that stands where its name does.

    ``certain`` ones are no JAX values, whatever is done with them.
    """

    source: str
    arguments: tuple[tuple[str, Tree], ...]
    node: ast.expr
    certain: bool = False


Binding = Tree | OpenTape | Partial | Expired | Conflict | Made

Meanings = dict[ast.AST, Binding]
"""What each local name of a text stands for, where it is read and where it is bound."""

POISON = Value("poison", Leaf(Placement.STATIC), Span("", 0, 0, 0, 0))
"""Stands for what an erroneous expression would have been, so that one error is reported once."""


NONE_LEAF = Leaf(Placement.STATIC, Array(False, None, "None"))
"""The type of ``None``, which may stand for a value of any placement and structure."""


@dataclass
class Scope:
    """The state of reading one computation."""

    module: Module
    callees: dict[tuple[str, str], Computation]
    bindings: dict[str, Binding] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    appended: dict[str, tuple[Tree, Span]] = field(default_factory=dict)
    conditions: tuple[tuple[Key, bool], ...] = ()
    depth: int = 0
    unpackings: dict[str, Target] = field(default_factory=dict)
    local_names: frozenset[str] = frozenset()
    captured: dict[str, ast.expr] = field(default_factory=dict)
    negated: dict[Value, Value] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    function: ast.FunctionDef | None = None
    identifiers: set[str] = field(default_factory=set)
    lengths: dict[Value, Length] = field(default_factory=dict)

    def inside(self) -> Scope:
        """A scope for a block inside this one: it sees the same names and collects its own operations."""
        return replace(self, bindings=dict(self.bindings), operations=[], appended={})

    def report(self, code: str, node: Located, **slots: object) -> Value:
        """Report a diagnostic and stand in for the value that cannot be had.

        Of an expression that speaks of what is not there, that has been said already.
        """
        if not (isinstance(node, ast.expr) and self.module.is_undefined(node)):
            self.module.report(code, node, **slots)
        return POISON

    def builtin(self, node: ast.expr) -> str | None:
        """The name of Python's own that an expression stands for here."""
        return None if root(node) in self.local_names else self.module.builtin(node)

    @staticmethod
    def report_nothing() -> Value:
        """The stand-in for an expression whose error has been reported already."""
        return POISON

    def span(self, node: Located) -> Span:
        return self.module.text.span(node)

    def emit(self, operation: Operation) -> None:
        self.operations.append(operation)

    def look_up(self, node: ast.Name) -> Tree | None:
        """What a name stands for; None where it is no local of the computation."""
        found = self._look_up(node)
        if found is not None:
            self.meanings[node] = found
        return found

    def _look_up(self, node: ast.Name) -> Tree | None:
        binding = self.bindings.get(node.id)
        match binding:
            case None if node.id in self.local_names:
                return self.report("FAD118", node, name=node.id, reason="is not bound yet")
            case None:
                return None
            case OpenTape():
                self.bindings[node.id] = POISON
                return self.report(
                    "FAD114", node, tape=node.id, problem="is used before a loop has filled it"
                )
            case Conflict(code, where, slots):
                return self.report(code, where, **slots)
            case Expired(reason):
                return self.report("FAD118", node, name=node.id, reason=reason)
            case Partial(OpenTape()) if self.holds(binding):
                self.settle(node.id)
                return self._look_up(node)
            case Partial(tree, condition):
                if self.holds(binding) and not isinstance(tree, OpenTape):
                    return self._settled(node, tree) if isinstance(tree, Made) else tree
                reason = f"is bound in one branch of `if {condition[0]}` only"
                return self.report("FAD118", node, name=node.id, reason=reason)
            case Made():
                return self._settled(node, binding)
        return binding

    def holds(self, binding: Partial) -> bool:
        """Whether the condition is known under which a name is bound."""
        return any(_same(k, binding.condition) and h == binding.holds for k, h in self.conditions)

    def settle(self, name: str) -> None:
        """Let a name that one branch binds stand for that, where the branch's condition is known."""
        binding = self.bindings.get(name)
        if isinstance(binding, Partial) and self.holds(binding):
            self.bindings[name] = binding.tree

    def made(self, node: ast.Name) -> Made | None:
        """The object that a name stands for here; None for any other."""
        binding = self.bindings.get(node.id)
        if isinstance(binding, Partial) and self.holds(binding):
            binding = binding.tree
        return binding if isinstance(binding, Made) else None

    def _settled(self, node: ast.Name, made: Made) -> Tree:
        """An object where a value must stand."""
        if made.certain:
            return self.report("FAD137", node, name=node.id)
        value = Value(node.id, Leaf(Placement.SERVER), self.span(node))
        function = Expression(made.source, tuple(name for name, _ in made.arguments))
        args = tuple(tree for _, tree in made.arguments)
        self.emit(Apply(function, args, value, Placement.SERVER, value.span))
        return value


def _same(first: Key, second: Key) -> bool:
    """Whether two conditions are the same: one name of one value, or one text over the same."""
    if first[0].isidentifier() and second[0].isidentifier():
        return first[1] == second[1]
    return first == second


def is_poisoned(*trees: Tree) -> bool:
    return POISON in all_leaves(trees)


def is_object(binding: Binding | None) -> bool:
    """Whether a name stands for an object of placed values, in one arm of a branch at least."""
    return isinstance(binding.tree if isinstance(binding, Partial) else binding, Made)


def new_tree(declared: Declared, name: str, span: Span, target: Target = None) -> Tree:
    """Fresh values for a declaration; ``target`` names the parts where the source does."""
    if isinstance(declared, Structure):
        if declared.kind == "rows":
            names = target if isinstance(target, tuple) else None
            return Node("rows", (new_tree(declared.children[0], f"{name}_item", span, names),))
        children = []
        for index, child in enumerate(declared.children):
            part = target[index] if isinstance(target, tuple) and index < len(target) else None
            label = part_label(declared.keys, index)
            children.append(
                new_tree(
                    child,
                    part if isinstance(part, str) and part != "_" else f"{name}_{label}",
                    span,
                    part,
                )
            )
        return Node(declared.kind, tuple(children), declared.keys)
    return Value(name, declared, span)


def declared_of(tree: Tree) -> Declared:
    """The declaration that a tree of values satisfies."""
    if isinstance(tree, Node):
        return Structure(tree.kind, tuple(declared_of(child) for child in tree.children), tree.keys)
    if is_none(tree):
        return NONE_LEAF
    return tree.type if isinstance(tree, Value) else Leaf(Placement.STATIC)


def assigned(target: Target, tree_type: Type, span: Span, hint: str) -> Tree:
    """Fresh values of one type for an assignment target."""
    if isinstance(target, tuple):
        unknown = Leaf(placement(tree_type))
        return Node("tuple", tuple(assigned(part, unknown, span, hint) for part in target))
    return Value(target or hint, tree_type, span, anonymous=target is None)


def placements(tree: Tree) -> set[Placement]:
    """The placements of the leaves of a tree; literals are static."""
    found = {placement(value.type) for value in leaves(tree)}
    return found or {Placement.STATIC}


def one_placement(tree: Tree) -> Placement | None:
    """The placement of a tree whose placed leaves agree, else None."""
    found = placements(tree) - {Placement.STATIC}
    return next(iter(found)) if len(found) == 1 else (None if found else Placement.STATIC)


def report_mixture(scope: Scope, node: ast.expr, tree: Tree) -> Value:
    """Report a composite of both placements that stands where one value must."""
    found: dict[str, str] = {}
    for value in leaves(tree):
        found.setdefault(placement(value.type).value, value.name)
    what = f"`{node.id}`" if isinstance(node, ast.Name) else "this display"
    names = {"server": found["server"], "clients": found["clients"]}
    return scope.report("FAD206", node, what=what, **names)


def describe(tree: Tree) -> str:
    """A placement in words, for messages."""
    if isinstance(tree, Node) and one_placement(tree) is None:
        return "a composite of server and client values"
    if (
        isinstance(tree, Node)
        and tree.kind == "rows"
        or isinstance(tree, Value)
        and isinstance(tree.type, Tape)
    ):
        return f"a tape of {_WORDS[one_placement(tree) or Placement.STATIC]} values"
    return f"a {_WORDS[one_placement(tree) or Placement.STATIC]} value"


def word(tree: Tree) -> str:
    """The placement of a tree as an adjective."""
    where = one_placement(tree)
    return _WORDS[where] if where else "placed"


def declaration(tree: Tree) -> str:
    """The placement of a tree as an annotation."""
    where = one_placement(tree)
    return _ANNOTATIONS[where] if where else "composite"


def annotation_of(declared: Declared) -> str:
    """A declaration as an annotation, types left out: ``tuple[fed.Server, fed.Clients]``."""
    if isinstance(declared, Structure):
        parts = [annotation_of(child) for child in declared.children]
        if declared.kind == "tuple":
            return f"tuple[{', '.join(parts)}]"
        if declared.keys:
            pairs = zip(declared.keys, parts, strict=True)
            return f"{{{', '.join(f'{quoted(key)}: {part}' for key, part in pairs)}}}"
        inner = " | ".join(dict.fromkeys(parts))
        return f"dict[str, {inner}]" if declared.kind == "dict" else f"list[{inner}]"
    if isinstance(declared, Tape):
        return f"list[{annotation_of(declared.item)}]"
    return _ANNOTATIONS[placement(declared)]


_WORDS = {Placement.STATIC: "static", Placement.SERVER: "server", Placement.CLIENTS: "client"}
_ANNOTATIONS = {
    Placement.STATIC: "static",
    Placement.SERVER: "fed.Server",
    Placement.CLIENTS: "fed.Clients",
}


def is_none(tree: Tree) -> bool:
    return isinstance(tree, Literal) and tree.source == NONE.source
