"""Reads the text of IR, as `fadc.ir.text` writes it, and what people write by hand beside that.

What the text leaves out is made up: spans are the lines of the text, and the types of what operations
define follow from their operands. A person may say more than fadc writes:

* `%v: server[d] = …` says the type of what an operation defines,
* `%v' = …` is anonymous, as a condition is,
* `reverse:` stands in front of the operations of the reverse sweep.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from fadc.ir import (
    NONE,
    Accumulated,
    Aggregate,
    Aggregator,
    Apply,
    Array,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Bundle,
    Call,
    Carried,
    Chain,
    Choice,
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
    Parameter,
    Placement,
    Program,
    Pushforward,
    Recomputed,
    Source,
    Stack,
    Sweep,
    Tape,
    Tree,
    Type,
    Value,
    leaves,
    placement,
)
from fadc.span import Span

INDEX = Leaf(Placement.STATIC, Array(False, (), "Int"))
KEEPING = ("add", "over_clients", "times_clients", "zeros_like", "ones_like", "cast_like")
CLOSING = {"(": ")", "[": "]", "{": "}"}


def read_ir(text: str) -> Program:
    """The computations of a text."""
    lines = [line for line in text.splitlines() if line.strip()]
    reader = Reader(lines)
    while reader.position < len(lines):
        reader.computation()
    return Program(reader.computations)


def split(text: str, separator: str = ",") -> list[str]:
    """The parts of a text between separators that stand in no bracket and no string."""
    parts, start, closing, quote = [], 0, "", ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "`\"'" and text[index - 1 : index] not in ("%", *WORD):
            quote = char
        elif char in CLOSING:
            closing += CLOSING[char]
        elif closing and char == closing[-1]:
            closing = closing[:-1]
        elif char == separator and not closing:
            parts.append(text[start:index].strip())
            start = index + 1
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts


WORD = tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass
class Reader:
    """Reads line by line; values are known by their text."""

    lines: list[str]
    position: int = 0
    computations: dict[str, Computation] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    sweep: Sweep = Sweep.PRIMAL

    @property
    def span(self) -> Span:
        """Where the reader is."""
        return Span("text.ir", self.position, 0, self.position, 1)

    def line(self) -> str:
        """The next line."""
        self.position += 1
        return self.lines[self.position - 1].strip()

    def peek(self) -> str:
        """The line after that."""
        return self.lines[self.position].strip()

    def computation(self) -> None:
        """`computation NAME(PARAMETERS) { … return TREE }`."""
        self.values, self.sweep = {}, Sweep.PRIMAL
        head = self.line()
        found = re.fullmatch(r"computation (\w+)\((.*)\) \{", head)
        assert found, f"no computation: {head}"
        trees = [self.parameter(part) for part in split(found[2])]
        parameters = tuple(parameter_of(tree, index) for index, tree in enumerate(trees))
        span, block = self.span, self.block()
        result = self.tree(self.line().removeprefix("return "))
        assert self.line() == "}"
        made = Computation(found[1], parameters, block, result, "", span)
        self.computations[made.name] = made

    def parameter(self, text: str) -> Tree:
        """`%v: TYPE`, or a tree of these."""
        if text.startswith("%"):
            name, type_ = text.split(": ", 1)
            return self.define(name, read_type(type_))
        return self.node(text, self.parameter)

    def define(self, text: str, type_: Type) -> Value:
        """A new value; its own text may say its type."""
        text, _, said = text.partition(": ")
        anonymous, text = text.endswith("'"), text.rstrip("'")
        assert re.fullmatch(r"%\w+(\.\d+)?", text), (
            f"no value: {text!r} in {self.lines[self.position - 1]}"
        )
        name = re.sub(r"\.\d+$", "", text.removeprefix("%"))
        value = Value(name, read_type(said) if said else type_, self.span, anonymous)
        self.values[text] = value
        return value

    def define_tree(self, text: str, types: list[Type] | Type) -> Tree:
        """A tree of new values, in the order of the types, or all of one."""
        waiting = list(types) if isinstance(types, list) else None

        def made(text: str) -> Tree:
            if text.startswith("%"):
                return self.define(text, types if waiting is None else waiting.pop(0))
            return self.node(text, made)

        return made(text)

    def node(self, text: str, child) -> Tree:
        """A container of children, or a literal."""
        if text.startswith("{"):
            parts = split(text[1:-1])
            keys = [split(part, ":")[0] for part in parts]
            pairs = zip(keys, parts, strict=True)
            children = tuple(child(part[len(key) + 1 :].strip()) for key, part in pairs)
            names = tuple(k if k.isidentifier() else ast.literal_eval(k) for k in keys)
            return Node("dict", children, names)
        found = re.match(r"(list|rows|)\(", text)
        if not found:
            return Literal(text)
        inner = text[found.end() : -1]
        return Node(found[1] or "tuple", tuple(child(part) for part in split(inner)))

    def tree(self, text: str) -> Tree:
        """A tree of known values."""
        if text.startswith("%"):
            assert text in self.values, f"{text} is not defined: {self.lines[self.position - 1]}"
            return self.values[text]
        return self.node(text, self.tree)

    def trees(self, text: str) -> tuple[Tree, ...]:
        """Trees between commas."""
        return tuple(self.tree(part) for part in split(text))

    def value(self, text: str) -> Value:
        """A known value."""
        found = self.tree(text)
        assert isinstance(found, Value)
        return found

    # Operations ------------------------------------------------------------------------------

    def block(self) -> Block:
        """The operations up to the end of a block."""
        made: list[Operation] = []
        while not self.peek().startswith(("return ", "next ", "}")):
            line = self.line()
            if line == "reverse:":
                self.sweep = Sweep.REVERSE
            elif line.startswith("loop "):
                made.append(self.loop(line))
            elif line.startswith("branch "):
                made.append(self.branch(line))
            else:
                made.append(self.straight(line))
        return tuple(made)

    def straight(self, line: str) -> Operation:
        """An operation on one line."""
        found = re.match(r"(.+?) = (broadcast|aggregate|apply|call) (.*)", line)
        assert found, f"no operation: {line}"
        targets, kind, rest = found.groups()
        if kind == "broadcast":
            sent = tuple(map(self.value, split(rest)))
            return Broadcast(
                sent, self.sent(targets, sent, Placement.CLIENTS), self.span, self.sweep
            )
        if kind == "aggregate":
            label = re.match(r"(\w+)(?: like (\w+))? ", rest)
            assert label
            name = None if label[1] in ("sum", "mean") else label[1]
            mechanism = Aggregator(label[2] or ("sum" if name else label[1]), name)
            up = self.trees(rest[label.end() :])
            arrived = self.sent(targets, up, Placement.SERVER)
            return Aggregate(mechanism, up, arrived, self.span, self.sweep)
        return self.call(targets, rest) if kind == "call" else self.apply(targets, rest)

    def sent(self, targets: str, trees: tuple[Tree, ...], where: Placement) -> tuple[Value, ...]:
        """What arrives: it is of the arrays that were sent."""
        arrays = [getattr(getattr(tree, "type", None), "array", None) for tree in trees]
        pairs = zip(split(targets), arrays, strict=True)
        return tuple(self.define(text, Leaf(where, array)) for text, array in pairs)

    def apply(self, targets: str, rest: str) -> Apply:
        """`TREE = apply PLACEMENT FUNCTION (ARGUMENTS)`."""
        where = Placement(rest.split(" ", 1)[0])
        function, rest = (
            rest.split(" ", 1)[1].rsplit(" (", 1)
            if rest.count(" (") == 1
            else (self.head(rest.split(" ", 1)[1]))
        )
        named = [
            re.fullmatch(r"(?:(\w+)=(?!=))?(.*)", part) for part in split(rest.removesuffix(")"))
        ]
        names = [match[1] or "" for match in named if match]
        args = tuple(self.tree(match[2]) for match in named if match)
        made = read_function(function, where, names, args)
        type_: Type = Leaf(where)
        if isinstance(made, Builtin) and made.name in KEEPING and isinstance(args[0], Value):
            type_ = args[0].type
        if isinstance(made, Builtin) and made.name == "reverse_tape":
            type_ = args[0].type  # type: ignore[union-attr]
        if isinstance(made, Builtin) and made.name == "as_tape":
            type_ = Tape(Leaf(where))
        return Apply(made, args, self.define_tree(targets, type_), where, self.span, self.sweep)

    @staticmethod
    def head(text: str) -> tuple[str, str]:
        """The function and its arguments, the last ones in brackets behind a space."""
        quote, depth, start = False, 0, 0
        for index, char in enumerate(text):
            quote ^= char == "`"
            if not quote and char == "(" and depth == 0 and text[index - 1] == " ":
                start = index
            depth += 0 if quote else (char in CLOSING) - (char in CLOSING.values())
        return text[: start - 1], text[start + 1 :]

    def call(self, targets: str, rest: str) -> Call:
        """`TREE = call NAME(ARGUMENTS)`."""
        name, args = rest.removesuffix(")").split("(", 1)
        callee = self.computations.get(name)
        types: list[Type] | Type = Leaf(Placement.SERVER)
        if callee:
            types = [value.type for value in leaves(callee.result)]
        if targets.endswith("%residuals)"):
            types = [*types[: targets.count("%") - 1], Bundle(Node("tuple", ()))]
        return Call(name, self.trees(args), self.define_tree(targets, types), self.span, self.sweep)

    def loop(self, line: str) -> Loop:
        """`loop MARK SOURCES carrying (…) { … next (…) } -> (…)`."""
        found = re.fullmatch(r"loop (-?\d+ )?(.*) carrying \((.*)\) \{", line)
        assert found, f"no loop: {line}"
        sources = tuple(map(self.source, split(found[2])))
        pairs = [split(part, "=") for part in split(found[3])]
        inits = [self.tree(init) for _, init in pairs]
        params = [self.define(p, carried_type(i)) for (p, _), i in zip(pairs, inits, strict=True)]
        span, body = self.span, self.block()
        ends = self.trees(re.fullmatch(r"next \((.*)\)", self.line())[1])  # type: ignore[index]
        stacks: list[Stack] = []
        layouts: list[Node] = []
        while not self.peek().startswith("}"):
            word, _, rest = self.line().partition(" ")
            if word == "layout":
                layouts.append(self.tree(rest))  # type: ignore[arg-type]
                continue
            target, item = rest.split(" <- ")
            target, _, group = target.partition(" in ")
            tree = self.tree(item)
            type_ = tree.type if isinstance(tree, Value) else Leaf(Placement.STATIC)
            stacks.append(Stack(tree, self.define(target, Tape(type_)), group))
        outputs = split(re.fullmatch(r"\} -> \((.*)\)", self.line())[1])  # type: ignore[index]
        carried = tuple(
            Carried(init, param, end, self.define(output, param.type))
            for init, param, end, output in zip(inits, params, ends, outputs, strict=True)
        )
        mark = int(found[1] or 0)
        return Loop(sources, carried, tuple(stacks), body, span, self.sweep, mark, tuple(layouts))

    def source(self, text: str) -> Source:
        """`TREE in [reversed] KIND(ARGUMENTS)`."""
        target, rest = text.split(" in ", 1)
        reverse, rest = rest.startswith("reversed "), rest.removeprefix("reversed ")
        kind, args = rest.removesuffix(")").split("(", 1)
        read = self.trees(args)
        items = [v.type.item for v in leaves(Node("tuple", read)) if isinstance(v.type, Tape)]
        types = items if kind == "tape" else [INDEX]
        return Source(kind, read, self.define_tree(target, list(types)), reverse)

    def branch(self, line: str) -> Branch:
        """`branch MARK CONDITION { … } else { … }`, and a line `%v = TREE | TREE` for each choice."""
        found = re.fullmatch(r"branch (-?\d+ )?(.*) \{", line)
        assert found, f"no branch: {line}"
        condition, span, then = self.tree(found[2]), self.span, self.block()
        assert self.line() == "} else {"
        orelse = self.block()
        assert self.line() == "}"
        choices: list[Choice] = []
        while choice := re.fullmatch(r"(%\w+(?:\.\d+)?(?:: \S+)?) = (.*)", self.peek()):
            arms = split(choice[2], "|")
            if len(arms) != 2 or " " in choice[2].replace(" | ", ""):
                break
            self.line()
            trees = [None if arm == "unbound" else self.tree(arm) for arm in arms]
            types = [v.type for tree in trees if tree and tree != NONE for v in leaves(tree)]
            output = self.define(choice[1], types[0] if types else Leaf(Placement.STATIC))
            choices.append(Choice(trees[0], trees[1], output))
        mark = int(found[1] or 0)
        return Branch(condition, then, orelse, tuple(choices), span, self.sweep, mark)


def parameter_of(tree: Tree, index: int) -> Parameter:
    """A parameter of a computation, annotated by its placement where it is one value."""
    if not isinstance(tree, Value):
        return Parameter(f"parameter_{index}", "", tree)
    said = {"server": "fed.Server", "clients": "fed.Clients", "static": "int"}
    annotation = said[placement(tree.type).value] if isinstance(tree.type, Leaf) else ""
    return Parameter(tree.name, annotation, tree)


def carried_type(init: Tree) -> Type:
    """The type of a carried value: that of what it starts with."""
    return init.type if isinstance(init, Value) else Leaf(Placement.SERVER)


def read_type(text: str) -> Type:
    """`server[d]`, `clients Int[n]`, `[server]`, `residuals`."""
    if text == "residuals":
        return Bundle(Node("tuple", ()))
    if text.startswith("["):
        return Tape(read_type(text[1:-1]))
    found = re.fullmatch(r"(\w+)(?: (\w+))?(?:\[(.*)\])?", text)
    assert found, f"no type: {text}"
    where = Placement(found[1])
    if found[2] is None and found[3] is None:
        return Leaf(where)
    dims = None if found[3] in (None, "...") else tuple(found[3].split())
    dtype = found[2] or "Float"
    return Leaf(where, Array(dtype.startswith("Float"), dims, dtype))


def numbers(text: str) -> tuple[int, ...]:
    """Positions between spaces."""
    return tuple(map(int, text.split()))


def read_function(
    text: str, where: Placement, names: list[str], args: tuple[Tree, ...]
) -> Function:
    """The function of an `apply`."""
    found = re.match(r"(ruled )?(jvps?|vjp|pullback|jac|grad)(?:<(.*?)>)?\[([\d |]*)\] (.*)", text)
    if not found:
        return read_local(text, where, names, args)
    ruled, kind, stack, active, rest = found.groups()
    columns = tuple(map(numbers, active.split("|")))
    own = len(args) - {"jvp": sum(map(len, columns)), "pullback": 1}.get(kind.rstrip("s"), 0)
    inner = read_local(rest, where, names[:own], args[:own])
    if kind.startswith("jvp"):
        return Pushforward(inner, columns, tuple(stack.split()) if stack is not None else None)
    if kind == "vjp":
        return Linearized(inner, columns[0], bool(ruled))
    if kind == "pullback":
        return Recomputed(inner, columns[0])
    return Accumulated(inner, columns[0], kind == "grad")


def read_local(
    text: str, where: Placement, names: list[str], args: tuple[Tree, ...]
) -> Expression | Mapped | Builtin | Chain:
    """Local code between backquotes, a built-in function, or several of these behind each other."""
    pieces = split(text, "|")
    if len(pieces) > 1:  # Of a chain, the text tells the functions only.
        steps = tuple(_step(read_local(piece, where, [], ())) for piece in pieces)
        return Chain(steps, (), (), args[0])  # type: ignore[arg-type]
    flat, text = text.startswith("flat "), text.removeprefix("flat ")
    if not text.startswith("`"):
        found = re.fullmatch(r"([a-z_]+)(?:<(.*)>|(.*))", text)
        assert found, f"no function: {text}"
        return Builtin(found[1], found[2] or found[3] or "")
    known = [name or getattr(arg, "name", "") for name, arg in zip(names, args, strict=True)]
    if where is not Placement.CLIENTS:
        return Expression(text[1:-1], tuple(known), flat)
    count = len([name for name in names if not name])
    named = [name for name in names if name]
    free = {node.id for node in ast.walk(ast.parse(text[1:-1])) if isinstance(node, ast.Name)}
    captures = tuple(name for name in named if name in free)
    keywords = tuple(name for name in named if name not in free)
    return Mapped(text[1:-1], tuple(known[:count]), captures, keywords)


def _step(function: Function) -> Apply:
    return Apply(function, (), NONE, Placement.CLIENTS, Span("text.ir", 1, 0, 1, 1))
