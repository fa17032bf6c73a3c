"""From a computation to its schedule: an interpretation that follows every value's size and origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.iterations import Iterations, Length, Static
from fadc.analyses.schedule import (
    Choice,
    Held,
    Move,
    Repeat,
    Role,
    Schedule,
    Send,
    Step,
    Steps,
    Symbols,
    Work,
)
from fadc.analyses.sizes import ONE, Size, symbol
from fadc.ir import (
    Aggregate,
    Apply,
    Array,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Bundle,
    Call,
    Computation,
    Function,
    Leaf,
    Linearized,
    Loop,
    Mapped,
    Node,
    Placement,
    Pushforward,
    Recomputed,
    Tape,
    Tree,
    Type,
    Value,
    all_leaves,
    leaves,
    placement,
    slots,
)
from fadc.span import Span

_ALIKE = {"add": 0, "scale": 1, "ratio": 0, "over_clients": 0, "times_clients": 0} | {
    "zeros_like": 0,
    "ones_like": 0,
    "reverse_tape": 0,
}
"""The built-in functions whose result is as large as one of their arguments, and as which one."""


def schedule(
    computations: Mapping[str, Computation],
    name: str,
    symbols: Symbols | None = None,
    seeds: Role = "value",
    primal: Iterable[str] | None = None,
) -> Schedule:
    """The schedule of a computation.

    ``seeds`` is what the parameters are that the ``primal`` ones do not name.
    """
    computation = computations[name]
    walk = _Walk(computations, symbols or Symbols())
    known = None if primal is None else set(primal)
    inputs: dict[str, tuple[Held, ...]] = {}
    for parameter in computation.parameters:
        role: Role = "value" if known is None or parameter.name in known else seeds
        for value in leaves(parameter.tree):
            walk.env[value] = walk.input(value, role, parameter.name)
        inputs[parameter.name] = tuple(walk.env[value] for value in leaves(parameter.tree))
    walk.block(computation.block)
    kept = [walk.held(value) for value in leaves(computation.result)]
    results = tuple(each for each in kept if each.at_clients)
    return Schedule(tuple(walk.steps), inputs, results, walk.copies)


@dataclass
class _Walk:
    """Interprets one computation; ``count`` says how often the current block runs in all."""

    computations: Mapping[str, Computation]
    symbols: Symbols
    env: dict[Value, Held] = field(default_factory=dict)
    tapes: dict[Held, Held] = field(default_factory=dict)
    packs: dict[Held, tuple[Held, ...]] = field(default_factory=dict)
    copies: dict[Held, Size] = field(default_factory=dict)
    expected: dict[Value, Held] = field(default_factory=dict)
    iterations: Iterations = field(default_factory=Iterations)
    steps: list[Step] = field(default_factory=list)
    count: Size = ONE
    nested: bool = False

    # Values ------------------------------------------------------------------------------------

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
        """A value that is made here: as large as its type says, else a symbol of its own."""
        like = self.expected.get(value)
        where = placement(value.type) is Placement.CLIENTS
        made = Held(value.name, None, value.span, of=value.name, origin=origin, at_clients=where)
        if like is not None:
            return replace(made, size=like.size, dims=like.dims, dtype=like.dtype)
        array = _array(value.type)
        if array is None or array.dims is None or self.nested:
            size = self.symbols.of(value.name, value.span)
            return replace(made, size=size, dtype=array.dtype if array else "Float")
        size = _product(array.dims)
        return replace(made, size=size, dims=array.dims, dtype=array.dtype)

    def like(self, held: Held, value: Value, role: Role | None = None) -> Held:
        """A value as large as another one, and of the same origin unless it has another role."""
        role = role or held.role
        where = placement(value.type) is Placement.CLIENTS
        made = replace(held, name=value.name, at_clients=where, own=False)
        made = replace(made, role=role, span=value.span if role == "value" else held.span)
        return made if held.size is not None else replace(made, size=self.fresh(value).size)

    def held(self, tree: Tree) -> Held:
        """What a tree is at this point."""
        if isinstance(tree, Value):
            if tree not in self.env:
                self.env[tree] = self.fresh(tree)
            return self.env[tree]
        inner = tuple(self.held(child) for child in tree.children) if isinstance(tree, Node) else ()
        size = sum((each.size for each in inner if each.size is not None), Size())
        span = inner[0].span if inner else _NOWHERE.span
        clients = any(each.at_clients for each in inner)
        packed = Held(str(tree), size, span, at_clients=clients, inputs=inner)
        return packed if inner else replace(_NOWHERE, name=str(tree))

    def bind(self, target: Tree, held: Iterable[Held]) -> None:
        """Bind the leaves of a tree one by one."""
        self.env.update(zip(leaves(target), held, strict=False))

    # Operations --------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        for operation in block:
            match operation:
                case Broadcast() | Aggregate():
                    self._message(operation)
                case Apply():
                    self._apply(operation)
                case Call():
                    self._call(operation)
                case Loop():
                    self._loop(operation)
                case Branch():
                    self._branch(operation)

    def _message(self, operation: Broadcast | Aggregate) -> None:
        sent = tuple(self.held(value) for value in all_leaves(operation.values))
        made = []
        for tree, result in zip(operation.values, operation.results, strict=True):
            self.env[result] = self.like(self.held(tree), result)
            made.append(self.env[result])
        down = isinstance(operation, Broadcast)
        primitive = "broadcast" if isinstance(operation, Broadcast) else operation.aggregator.like
        mechanism = "" if isinstance(operation, Broadcast) else operation.aggregator.mechanism
        self.steps.append(
            Send(
                "down" if down else "up",
                primitive,
                mechanism,
                sent,
                tuple(made),
                self.count,
                operation.span,
                operation.sweep,
            )
        )

    def _apply(self, operation: Apply) -> None:
        args = [self.held(tree) for tree in slots(operation.args)]
        if operation.placement is Placement.STATIC:
            self.iterations.evaluate(operation, [held.dims for held in args])
        function = operation.function
        forward = tangent = backward = 0
        name = _name(function)
        match function:
            case Pushforward():
                forward = tangent = 1
                self._bind_pushforward(operation, name)
            case Linearized():
                forward = 1
                self._bind_linearized(operation, name, args)
            case Recomputed():
                forward = backward = 1
                self._bind_cotangents(operation, [args[i] for i in function.active], name)
            case Builtin("pull"):
                backward, name = 1, args[0].origin
                self._bind_cotangents(operation, list(args[0].inputs), name)
            case Builtin():
                self._bind_builtin(operation, function.name, args)
            case _:
                forward = 1
                self.bind(operation.result, self._made(operation.result, name))
        if operation.placement is Placement.CLIENTS:
            made = tuple(self.held(value) for value in leaves(operation.result))
            evaluations = (forward, tangent, backward) if name else (0, 0, 0)
            where = (operation.span, operation.sweep)
            self.steps.append(Work(name, tuple(args), made, self.count, *where, *evaluations))

    def _made(self, tree: Tree, origin: str) -> list[Held]:
        return [self.fresh(value, origin) for value in leaves(tree)]

    def _bind_pushforward(self, operation: Apply, name: str) -> None:
        assert isinstance(operation.result, Node)
        primal, dots = operation.result.children
        self.bind(primal, self._made(primal, name))
        like = dict(zip(leaves(dots), leaves(primal), strict=False))
        for dot, value in like.items():
            self.env[dot] = self.like(self.held(value), dot, "tangent")

    def _bind_linearized(self, operation: Apply, name: str, args: list[Held]) -> None:
        assert isinstance(operation.result, Node) and isinstance(operation.function, Linearized)
        primal, pullback = operation.result.children
        self.bind(primal, self._made(primal, name))
        assert isinstance(pullback, Value)
        inputs = tuple(args[i] for i in operation.function.active)
        made = self.fresh(pullback, name)
        self.env[pullback] = replace(made, size=None, role="pullback", inputs=inputs)

    def _bind_cotangents(self, operation: Apply, inputs: list[Held], origin: str) -> None:
        values = list(leaves(operation.result))
        if len(values) != len(inputs):
            self.bind(operation.result, self._made(operation.result, origin))
            return
        for value, held in zip(values, inputs, strict=True):
            self.env[value] = replace(self.like(held, value, "cotangent"), origin=origin)

    def _bind_builtin(self, operation: Apply, name: str, args: list[Held]) -> None:
        values = list(leaves(operation.result))
        if name == "unpack" and len(self.packs.get(args[0], ())) == len(values):
            self.bind(operation.result, self.packs[args[0]])
        elif name in _ALIKE and len(values) == 1 and _ALIKE[name] < len(args):
            source = args[_ALIKE[name]]
            self.env[values[0]] = self.like(source, values[0])
            if source in self.tapes:
                self.tapes[self.env[values[0]]] = self.tapes[source]
        else:
            self.bind(operation.result, self._made(operation.result, ""))
            if name == "pack" and len(values) == 1:
                self._pack(values[0], args)
            elif name == "as_tape" and args:
                self.tapes[self.held(values[0])] = args[0]

    def _pack(self, value: Value, parts: list[Held]) -> None:
        size = sum((part.size for part in parts if part.size is not None), Size())
        self.env[value] = replace(self.held(value), size=size, dims=None)
        self.packs[self.env[value]] = tuple(parts)

    # Calls, loops, branches --------------------------------------------------------------------

    def _call(self, operation: Call) -> None:
        callee = self.computations[operation.computation]
        inner = replace(self, env={}, expected={}, nested=True)
        for parameter, arg in zip(callee.parameters, operation.args, strict=True):
            self._hand(inner, parameter.tree, arg)
        inner.block(callee.block)
        self._give_back(inner, operation.result, callee.result)

    def _hand(self, inner: _Walk, parameter: Tree, arg: Tree) -> None:
        if isinstance(parameter, Node) and isinstance(arg, Value) and arg in self.env:
            inner.bind(parameter, self.packs.get(self.env[arg], ()))
        elif isinstance(parameter, Node) and isinstance(arg, Node):
            for part, given in zip(parameter.children, arg.children, strict=False):
                self._hand(inner, part, given)
        elif isinstance(parameter, Value):
            inner.env[parameter] = self.held(arg)
            self.iterations.bind(parameter, arg)

    def _give_back(self, inner: _Walk, target: Tree, result: Tree) -> None:
        if isinstance(target, Value) and isinstance(target.type, Bundle):
            made = self.fresh(target)
            self.env[target] = made
            self.packs[made] = tuple(inner.held(value) for value in leaves(result))
        elif isinstance(target, Node) and isinstance(result, Node):
            for part, given in zip(target.children, result.children, strict=False):
                self._give_back(inner, part, given)
        elif isinstance(target, Value):
            self.env[target] = inner.held(result)

    def _loop(self, operation: Loop) -> None:
        length = self.iterations.enter(operation, self.count, self.held)
        if length.count == Size():
            for item in operation.carried:
                self.env[item.output] = self.held(item.init)
            for stack in operation.stacks:
                self._stack(stack.tape, self.fresh(stack.tape), length)
            return
        inner = replace(self, steps=[], count=length.count)
        inner._bind_sources(operation)
        for item in operation.carried:
            init = self.held(item.init)
            placed = placement(item.param.type) is not Placement.STATIC
            held = (
                self.fresh(item.param)
                if init is _NOWHERE or not isinstance(item.init, Value)
                else self.like(init, item.param)
            )
            self.env[item.param] = self.env[item.output] = held
            if placed and isinstance(item.result, Value) and isinstance(item.init, Value):
                self.expected.setdefault(item.result, held)
            self.steps.append(Move(held, init))
        inner.block(operation.body)
        for item in operation.carried:
            inner.steps.append(Move(self.env[item.param], inner.held(item.result)))
        self.steps.append(Repeat(tuple(inner.steps), self.count, length.count))
        for stack in operation.stacks:
            self._stack(stack.tape, inner.held(stack.item), length)

    def _bind_sources(self, operation: Loop) -> None:
        for source in operation.sources:
            tapes = list(all_leaves(source.args)) if source.kind == "tape" else []
            for value, tape in zip(leaves(source.target), tapes, strict=False):
                held = self.held(tape)
                self.env[value] = self.tapes.get(held) or self.fresh(value)

    def _stack(self, tape: Value, item: Held, length: Length) -> None:
        held = self.fresh(tape)
        size = item.size.times(length.each) if item.size is not None and length.each else None
        held = replace(held, size=size or held.size, dims=None, dtype=item.dtype)
        self.env[tape] = held
        self.tapes[held] = item
        self.iterations.lengths[held] = length
        while item in self.tapes:
            item = self.tapes[item]
        self.copies[item] = self.copies.get(item, ONE).times(length.each or length.count)

    def _branch(self, operation: Branch) -> None:
        condition = self.iterations.text(operation.condition)
        arms: list[Steps] = []
        bound: list[list[Held | None]] = []
        for side in ("then", "orelse"):
            count = self.iterations.chosen(condition, side == "then", self.count)
            inner = replace(self, steps=[], count=count)
            if count != Size():
                inner.block(getattr(operation, side))
            ends = [getattr(choice, side) for choice in operation.choices]
            bound.append([inner.held(end) if isinstance(end, Value) else None for end in ends])
            arms.append(tuple(inner.steps))
        for choice, then, orelse in zip(operation.choices, *bound, strict=True):
            self._choose(choice.output, then, orelse, arms)
        self.steps.append(Choice(arms[0], arms[1]))

    def _choose(
        self, output: Value, then: Held | None, orelse: Held | None, arms: list[Steps]
    ) -> None:
        found = then or orelse
        if found is None:
            self.env[output] = self.fresh(output)
        elif then is None or orelse is None or then is orelse:
            self.env[output] = found
        else:
            held = self.like(found, output)
            self.env[output] = held
            if found in self.tapes:
                self.tapes[held] = self.tapes[found]
            arms[0] += (Move(held, then),)
            arms[1] += (Move(held, orelse),)


_NOWHERE = Held("", Size(), Span("", 0, 0, 0, 0))
"""Stands for what is known to everyone."""


def _array(type_: Type) -> Array | None:
    return type_.array if isinstance(type_, Leaf) else None


def _product(dims: tuple[str, ...]) -> Size:
    product = ONE
    for dim in dims:
        product = product.times(symbol(dim.lstrip("#?").rpartition("=")[2]))
    return product


def _name(function: Function) -> str:
    """What to call a local function; built-in ones have no name."""
    match function:
        case Mapped(source=source, hint=hint):
            return source if len(source) <= 40 else hint or source[:39] + "…"
        case Pushforward() | Linearized() | Recomputed():
            return _name(function.function)
    return ""
