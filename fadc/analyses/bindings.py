"""The bindings of a computation's values while it is interpreted: sizes, origins, tapes, packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.iterations import Iterations, Static
from fadc.analyses.likeness import Likeness
from fadc.analyses.schedule import Held, Role, Step, Symbols
from fadc.analyses.sizes import ONE, Size, symbol, total
from fadc.ir import (
    Array,
    Computation,
    Leaf,
    Node,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    leaves,
    placement,
)
from fadc.span import Span

NOWHERE = Held("", Size(), Span("", 0, 0, 0, 0))
"""The placeholder for static values."""


@dataclass
class Bindings:
    """The state of interpreting one computation.

    ``alike`` holds what belongs to values, ``expected`` the values whose sizes a loop's carried
    values must have. ``count`` is how often the current block runs in all; in a ``nested``
    computation, annotated dimensions are not those of the outermost one.
    """

    computations: Mapping[str, Computation]
    symbols: Symbols
    iterations: Iterations
    alike: Likeness
    env: dict[Value, Held] = field(default_factory=dict)
    copies: dict[Held, Size] = field(default_factory=dict)
    expected: dict[Value, Held] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    count: Size = ONE
    nested: bool = False

    @property
    def tapes(self) -> dict[Held, Held]:
        """An item of each tape."""
        return self.alike.tapes

    @property
    def packs(self) -> dict[Held, tuple[Held, ...]]:
        """The parts of what is packed."""
        return self.alike.packs

    def input(self, value: Value, role: Role, parameter: str) -> Held:
        """A parameter of the outermost computation."""
        held = replace(self.fresh(value), own=True, role=role)
        if role != "value":
            stem = value.name.removesuffix("_dot").removesuffix("_bar")
            held = replace(held, of=stem or value.name)
        if placement(value.type) is Placement.STATIC:
            self.iterations.statics[value] = Static(parameter)
            held = replace(held, size=ONE, dims=())
        if isinstance(value.type, Tape):
            item = replace(value, type=value.type.item)
            self.tapes[held] = replace(self.fresh(item), own=True, role=role)
        return held

    def fresh(self, value: Value, origin: str = "") -> Held:
        """A value that is made here, with the size of its type, or else a new symbol."""
        like = self.expected.get(value)
        where = placement(value.type) is Placement.CLIENTS
        made = Held(value.name, None, value.span, of=value.name, origin=origin, at_clients=where)
        if like is not None:
            return replace(made, size=like.size, dims=like.dims, dtype=like.dtype)
        array = _array(value.type)
        if isinstance(value.type, Leaf) and value.type.symbols is not None and not self.nested:
            return replace(made, size=_product(value.type.symbols))
        if array is None or array.dims is None or self.nested:
            size = self.symbols.of(value.name, value.span)
            return replace(made, size=size, dtype=array.dtype if array else "Float")
        size = _product(array.dims)
        return replace(made, size=size, dims=array.dims, dtype=array.dtype)

    def like(self, held: Held, value: Value, role: Role | None = None) -> Held:
        """A value with the size of another one, and its origin unless the role differs."""
        role = role or held.role
        where = placement(value.type) is Placement.CLIENTS
        made = replace(held, name=value.name, at_clients=where, own=False)
        made = replace(made, role=role, span=value.span if role == "value" else held.span)
        return made if held.size is not None else replace(made, size=self.fresh(value).size)

    def held(self, tree: Tree) -> Held:
        """The value of a tree at this point."""
        if isinstance(tree, Value):
            if tree not in self.env:
                self.env[tree] = self.fresh(tree)
            return self.env[tree]
        inner = tuple(self.held(child) for child in tree.children) if isinstance(tree, Node) else ()
        size = total(each.size for each in inner if each.size is not None)
        span = inner[0].span if inner else NOWHERE.span
        clients = any(each.at_clients for each in inner)
        packed = Held(str(tree), size, span, at_clients=clients, inputs=inner)
        return packed if inner else replace(NOWHERE, name=str(tree))

    def bind(self, target: Tree, held: Iterable[Held]) -> None:
        """Bind the leaves of a tree one by one."""
        self.env.update(zip(leaves(target), held, strict=False))


def _array(type_: Type) -> Array | None:
    return type_.array if isinstance(type_, Leaf) else None


def stacked(held: Held, stack: tuple[str, ...]) -> Held:
    """The stack of a value: one for each tangent that the stack has."""
    size = None if held.size is None else held.size.times(_product(stack))
    return replace(held, size=size, dims=None)


def _product(dims: tuple[str, ...]) -> Size:
    product = ONE
    for dim in dims:
        product = product.times(symbol(dim))
    return product
