"""The IR as stable text: one operation a line, values numbered where names repeat."""

from __future__ import annotations

from collections.abc import Iterable

from fadc.ir import (
    Accumulated,
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Bundle,
    Call,
    Chain,
    Computation,
    Expression,
    Function,
    Leaf,
    Linearized,
    Literal,
    Loop,
    Mapped,
    Operation,
    Pushforward,
    Recomputed,
    Tape,
    Tree,
    Type,
    Value,
    leaves,
)


def computation_text(computation: Computation) -> str:
    """A computation as text."""
    names = _Names()
    params = ", ".join(
        f"{names.of(value)}: {_type(value.type)}"
        for parameter in computation.parameters
        for value in leaves(parameter.tree)
    )
    lines = [f"computation {computation.name}({params}) {{"]
    lines += _block(computation.block, names, "  ")
    lines.append(f"  return {_tree(computation.result, names)}")
    return "\n".join([*lines, "}"])


class _Names:
    """Unique names for values, in order of appearance."""

    def __init__(self) -> None:
        self.given: dict[Value, str] = {}
        self.counts: dict[str, int] = {}

    def of(self, value: Value) -> str:
        if value not in self.given:
            count = self.counts.get(value.name, 0) + 1
            self.counts[value.name] = count
            self.given[value] = f"%{value.name}" if count == 1 else f"%{value.name}.{count}"
        return self.given[value]


def _type(type_: Type) -> str:
    if isinstance(type_, Tape):
        return f"[{_type(type_.item)}]"
    if isinstance(type_, Bundle):
        return "residuals"
    assert isinstance(type_, Leaf)
    array = type_.array
    shape = "" if array is None or array.dims is None else f"[{' '.join(array.dims)}]"
    return type_.placement.value + shape


def _tree(tree: Tree, names: _Names) -> str:
    if isinstance(tree, Value):
        return names.of(tree)
    if isinstance(tree, Literal):
        return tree.source
    parts = [_tree(child, names) for child in tree.children]
    if tree.kind == "dict":
        return "{" + ", ".join(f"{k}: {p}" for k, p in zip(tree.keys, parts, strict=True)) + "}"
    return f"{'' if tree.kind == 'tuple' else tree.kind}({', '.join(parts)})"


def _trees(trees: Iterable[Tree], names: _Names) -> str:
    return ", ".join(_tree(tree, names) for tree in trees)


def _function(function: Function | Chain) -> str:
    match function:
        case Chain(steps=steps):
            return " | ".join(_function(step.function) for step in steps)
        case Accumulated(function=inner, active=active):
            return f"jac[{' '.join(map(str, active))}] {_function(inner)}"
        case Expression(source=source) | Mapped(source=source):
            return f"`{' '.join(source.split())}`"
        case Builtin(name=name, detail=detail):
            return name + detail
        case Pushforward(function=inner, directions=directions):
            columns = " | ".join(" ".join(map(str, active)) for active in directions)
            stacked = "jvps" if function.stack is not None else "jvp"
            return f"{stacked}[{columns}] {_function(inner)}"
        case Linearized(function=inner, active=active):
            return f"vjp[{' '.join(map(str, active))}] {_function(inner)}"
        case Recomputed(function=inner, active=active):
            return f"pullback[{' '.join(map(str, active))}] {_function(inner)}"


def _block(block: Block, names: _Names, pad: str) -> list[str]:
    return [line for operation in block for line in _operation(operation, names, pad)]


def _operation(operation: Operation, names: _Names, pad: str) -> list[str]:
    match operation:
        case Broadcast(values=values, results=found):
            return [f"{pad}{_trees(found, names)} = broadcast {_trees(values, names)}"]
        case Aggregate(aggregator=aggregator, values=trees, results=found):
            label = aggregator.name or aggregator.like
            return [f"{pad}{_trees(found, names)} = aggregate {label} {_trees(trees, names)}"]
        case Apply(args=args):
            head = f"{pad}{_tree(operation.result, names)} = apply {operation.placement.value}"
            return [f"{head} {_function(operation.function)} ({_trees(args, names)})"]
        case Call(computation=name, args=args):
            result = _tree(operation.result, names)
            return [f"{pad}{result} = call {name}({_trees(args, names)})"]
        case Loop():
            return _loop(operation, names, pad)
        case Branch():
            return _branch(operation, names, pad)


def _loop(loop: Loop, names: _Names, pad: str) -> list[str]:
    sources = [
        f"{_tree(s.target, names)} in {'reversed ' * s.reverse}{s.kind}({_trees(s.args, names)})"
        for s in loop.sources
    ]
    carried = [f"{names.of(c.param)} = {_tree(c.init, names)}" for c in loop.carried]
    lines = [f"{pad}loop {', '.join(sources)} carrying ({', '.join(carried)}) {{"]
    lines += _block(loop.body, names, pad + "  ")
    lines.append(f"{pad}  next ({_trees((c.result for c in loop.carried), names)})")
    for stack in loop.stacks:
        lines.append(f"{pad}  stack {names.of(stack.tape)} <- {_tree(stack.item, names)}")
    outputs = ", ".join(names.of(c.output) for c in loop.carried)
    return [*lines, f"{pad}}} -> ({outputs})"]


def _branch(branch: Branch, names: _Names, pad: str) -> list[str]:
    lines = [f"{pad}branch {_tree(branch.condition, names)} {{"]
    lines += _block(branch.then, names, pad + "  ")
    lines.append(f"{pad}}} else {{")
    lines += _block(branch.orelse, names, pad + "  ")
    lines.append(f"{pad}}}")
    for choice in branch.choices:
        arms = [
            "unbound" if arm is None else _tree(arm, names) for arm in (choice.then, choice.orelse)
        ]
        lines.append(f"{pad}{names.of(choice.output)} = {arms[0]} | {arms[1]}")
    return lines
