"""The IR as stable text: one operation per line, values numbered where names repeat.

It shows all that passes depend on, except for spans, the types of operations' results, and the
preferred names and anonymity of values in emitted code.
"""

from __future__ import annotations

from collections.abc import Iterable

from fadc.ir import (
    Accumulated,
    Aggregate,
    Apply,
    Array,
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
    Node,
    Operation,
    Pushforward,
    Recomputed,
    Tape,
    Tree,
    Type,
    Value,
    quoted,
)


def computation_text(computation: Computation) -> str:
    """A computation as text."""
    names = _Names()
    params = ", ".join(_parameter(each.tree, names) for each in computation.parameters)
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


def _parameter(tree: Tree, names: _Names) -> str:
    if isinstance(tree, Node):
        return _node(tree, [_parameter(child, names) for child in tree.children])
    return f"{names.of(tree)}: {type_text(tree.type)}" if isinstance(tree, Value) else tree.source


def type_text(type_: Type) -> str:
    """A type as text: ``server[d]``, ``clients Int[n]``, ``[server]`` for a tape."""
    if isinstance(type_, Tape):
        return f"[{type_text(type_.item)}]"
    if isinstance(type_, Bundle):
        return "residuals"
    assert isinstance(type_, Leaf)
    return type_.placement.value + ("" if type_.array is None else _array(type_.array))


def _array(array: Array) -> str:
    """An array's dimensions, after its dtype unless that is any float."""
    dtype = "" if array.dtype == "Float" else f" {array.dtype}"
    return f"{dtype}[{'...' if array.dims is None else ' '.join(array.dims)}]"


def _tree(tree: Tree, names: _Names) -> str:
    if isinstance(tree, Value):
        return names.of(tree)
    if isinstance(tree, Literal):
        return tree.source
    return _node(tree, [_tree(child, names) for child in tree.children])


def _node(tree: Node, parts: list[str]) -> str:
    if tree.kind == "dict":
        keys = [key if key.isidentifier() else quoted(key) for key in tree.keys]
        return "{" + ", ".join(f"{k}: {p}" for k, p in zip(keys, parts, strict=True)) + "}"
    return f"{'' if tree.kind == 'tuple' else tree.kind}({', '.join(parts)})"


def _trees(trees: Iterable[Tree], names: _Names) -> str:
    return ", ".join(_tree(tree, names) for tree in trees)


def _function(function: Function | Chain) -> str:
    match function:
        case Chain(steps=steps):
            return " | ".join(_function(step.function) for step in steps)
        case Accumulated(function=inner, active=active, scalar=scalar):
            return f"{'grad' if scalar else 'jac'}[{' '.join(map(str, active))}] {_function(inner)}"
        case Expression(source=source, flat=flat):
            return f"{'flat ' * flat}`{' '.join(source.split())}`"
        case Mapped(source=source):
            return f"`{' '.join(source.split())}`"
        case Builtin(name=name, detail=detail):
            return f"{name}<{detail}>" if detail[:1].isalnum() else name + detail
        case Pushforward(function=inner, directions=directions):
            columns = " | ".join(" ".join(map(str, active)) for active in directions)
            stacked = "jvp" if function.stack is None else f"jvps<{' '.join(function.stack)}>"
            return f"{stacked}[{columns}] {_function(inner)}"
        case Linearized(function=inner, active=active, ruled=ruled):
            return f"{'ruled ' * ruled}vjp[{' '.join(map(str, active))}] {_function(inner)}"
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
            if aggregator.name and aggregator.like != "sum":
                label += f" like {aggregator.like}"
            return [f"{pad}{_trees(found, names)} = aggregate {label} {_trees(trees, names)}"]
        case Apply(args=args):
            head = f"{pad}{_tree(operation.result, names)} = apply {operation.placement.value}"
            read = ", ".join(_args(operation.function, args, names))
            return [f"{head} {_function(operation.function)} ({read})"]
        case Call(computation=name, args=args):
            result = _tree(operation.result, names)
            return [f"{pad}{result} = call {name}({_trees(args, names)})"]
        case Loop():
            return _loop(operation, names, pad)
        case Branch():
            return _branch(operation, names, pad)


def _args(function: Function, args: tuple[Tree, ...], names: _Names) -> list[str]:
    """The arguments; with the name in local code where that differs from the value's."""
    local = function if isinstance(function, Expression | Mapped | Builtin) else function.function
    known: tuple[str, ...] = ()
    if isinstance(local, Expression):
        known = local.parameters
    elif isinstance(local, Mapped):
        known = ("",) * len(local.parameters) + local.captures + local.keywords
    own = [getattr(tree, "name", None) for tree in args[: len(known)]]
    said = [
        f"{name}=" if name and (isinstance(local, Mapped) or name != value) else ""
        for name, value in zip(known, own, strict=True)
    ]
    said += [""] * (len(args) - len(said))
    return [told + _tree(tree, names) for told, tree in zip(said, args, strict=True)]


def _mark(operation: Loop | Branch) -> str:
    """The mark that pairs a loop or a branch of the primal sweep with its transpose."""
    return f" {operation.mark}" if operation.mark else ""


def _loop(loop: Loop, names: _Names, pad: str) -> list[str]:
    sources = [
        f"{_tree(s.target, names)} in {'reversed ' * s.reverse}{s.kind}({_trees(s.args, names)})"
        for s in loop.sources
    ]
    carried = [f"{names.of(c.param)} = {_tree(c.init, names)}" for c in loop.carried]
    lines = [f"{pad}loop{_mark(loop)} {', '.join(sources)} carrying ({', '.join(carried)}) {{"]
    lines += _block(loop.body, names, pad + "  ")
    lines.append(f"{pad}  next ({_trees((c.result for c in loop.carried), names)})")
    for stack in loop.stacks:
        list_ = f" in {stack.group}" if stack.group else ""
        lines.append(f"{pad}  stack {names.of(stack.tape)}{list_} <- {_tree(stack.item, names)}")
    lines += [f"{pad}  layout {_tree(layout, names)}" for layout in loop.layouts]
    outputs = ", ".join(names.of(c.output) for c in loop.carried)
    return [*lines, f"{pad}}} -> ({outputs})"]


def _branch(branch: Branch, names: _Names, pad: str) -> list[str]:
    lines = [f"{pad}branch{_mark(branch)} {_tree(branch.condition, names)} {{"]
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
