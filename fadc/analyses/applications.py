"""The sizes and origins of local functions' results, and the work of evaluating them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fadc.analyses.bindings import Bindings, stacked
from fadc.analyses.schedule import Held, Work
from fadc.analyses.sizes import total
from fadc.ir import (
    Accumulated,
    Apply,
    Builtin,
    Chain,
    Function,
    Linearized,
    Local,
    Mapped,
    Node,
    Placement,
    Pushforward,
    Recomputed,
    Tree,
    Value,
    leaves,
    slots,
)

_ALIKE = {
    "add": 0,
    "scale": 1,
    "scale_gradient": 1,
    "divide": 0,
    "cast_like": 0,
    "over_clients": 0,
    "times_clients": 0,
    "zeros_like": 0,
    "ones_like": 0,
    "reverse_tape": 0,
}
"""The builtins whose result has the size of one of their arguments, with that one's position."""


@dataclass
class Applications(Bindings):
    """Interprets local computations."""

    def apply(self, operation: Apply) -> None:
        args = [self.held(tree) for tree in slots(operation.args)]
        if operation.placement is Placement.STATIC:
            self.iterations.evaluate(operation, [held.dims for held in args])
        function = operation.function
        forward = tangent = backward = 0
        *before, name = ("", *_names(function))
        match function:
            case Pushforward():
                forward, tangent = 1, len(function.directions)
                self._bind_pushforward(operation, name, args)
            case Linearized():
                forward = 1
                self._bind_linearized(operation, name, args)
            case Recomputed():
                forward = backward = 1
                self._bind_cotangents(operation, [args[i] for i in function.active], name)
            case Accumulated():
                forward = backward = 1
                self._bind_accumulated(operation, name, args)
            case Builtin("pull"):
                backward, name = 1, args[0].origin
                self._bind_cotangents(operation, list(args[0].inputs), name)
            case Builtin(name="basis" | "zeros_along", detail=detail):
                for result in leaves(operation.result):
                    like = self.like(args[-1], result, "tangent")
                    self.env[result] = stacked(like, tuple(detail.split("·")))
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
            for other in filter(None, before):
                self.steps.append(Work(other, (), (), self.count, *where, *evaluations))

    def _made(self, tree: Tree, origin: str) -> list[Held]:
        return [self.fresh(value, origin) for value in leaves(tree)]

    def _outputs(self, function: Local | Chain, tree: Tree, origin: str, args: list[Held]) -> None:
        """The output of a local function that is run together with its derivative."""
        match function:
            case Builtin(name=name) if name in _ALIKE and isinstance(tree, Value):
                self.env[tree] = self.like(args[_ALIKE[name]], tree)
            case Chain(steps=(*_, Apply(function=Builtin(name=name), args=inner))) if (
                name in _ALIKE
            ):
                self._bind_end(tree, list(slots(inner))[_ALIKE[name]], origin)
            case _:
                self.bind(tree, self._made(tree, origin))

    def _bind_end(self, tree: Tree, source: Tree, origin: str) -> None:
        """The output of a chain, which is as large as what goes into its last function."""
        assert isinstance(source, Value) and isinstance(tree, Value)
        self.env[tree] = self.like(self.fresh(source, origin), tree)

    def _bind_pushforward(self, operation: Apply, name: str, args: list[Held]) -> None:
        assert isinstance(operation.result, Node) and isinstance(operation.function, Pushforward)
        function, stack = operation.function.function, operation.function.stack
        primal, *columns = operation.result.children
        self._outputs(function, primal, name, args)
        for dots in columns:
            for dot, value in zip(leaves(dots), leaves(primal), strict=False):
                made = self.like(self.held(value), dot, "tangent")
                self.env[dot] = made if stack is None else stacked(made, stack)

    def _bind_linearized(self, operation: Apply, name: str, args: list[Held]) -> None:
        assert isinstance(operation.result, Node) and isinstance(operation.function, Linearized)
        primal, pullback = operation.result.children
        self._outputs(operation.function.function, primal, name, args)
        assert isinstance(pullback, Value)
        inputs = tuple(args[i] for i in operation.function.active)
        made = self.fresh(pullback, name)
        self.env[pullback] = replace(made, size=None, role="pullback", inputs=inputs)

    def _bind_accumulated(self, operation: Apply, name: str, args: list[Held]) -> None:
        """The output, then its Jacobian by each active argument."""
        assert isinstance(operation.function, Accumulated)
        values = list(leaves(operation.result))
        self.bind(operation.result, self._made(operation.result, name))
        self._outputs(operation.function.function, values[0], name, args)
        for value in values[1:]:
            self.env[value] = replace(self.env[value], role="jacobian", of=values[0].name)

    def _bind_cotangents(self, operation: Apply, inputs: list[Held], origin: str) -> None:
        values = list(leaves(operation.result))
        if len(values) != len(inputs):
            self.bind(operation.result, self._made(operation.result, origin))
            return
        for value, held in zip(values, inputs, strict=True):
            self.env[value] = replace(self.like(held, value, "cotangent"), origin=origin)

    def _bind_builtin(self, operation: Apply, name: str, args: list[Held]) -> None:
        values = list(leaves(operation.result))
        parts = self.packs.get(args[0], ()) if name == "unpack" else ()
        if name == "unpack" and len(parts) == len(values):
            self.bind(operation.result, parts)
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
        size = total(part.size for part in parts if part.size is not None)
        self.env[value] = replace(self.held(value), size=size, dims=None)
        self.packs[self.env[value]] = tuple(parts)


def _names(function: Function | Chain) -> tuple[str, ...]:
    """The names of the functions that run, in order; builtin ones have none."""
    match function:
        case Mapped(source=source, hint=hint):
            return (source if len(source) <= 40 else hint or source[:39] + "…",)
        case Pushforward() | Linearized() | Recomputed() | Accumulated():
            return _names(function.function)
        case Chain(steps=steps):
            return tuple(name for step in steps for name in _names(step.function))
    return ()
