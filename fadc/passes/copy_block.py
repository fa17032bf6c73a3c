"""Copying a block: the same operations over fresh values.

%a = broadcast %w                          %a.2 = broadcast %w
%x = apply clients `f` (%a)    becomes     %x.2 = apply clients `f` (%a.2)
"""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Call,
    Loop,
    Node,
    Operation,
    Tree,
    Value,
    rebuild,
    substitute,
)


def copy_block(block: Block) -> tuple[Block, dict[Value, Value]]:
    """The copy, and a map from each value that the block defines to its copy."""
    renamed: dict[Value, Value] = {}
    copied = tuple(copy_operation(operation, renamed) for operation in block)
    return substitute(copied, lambda value: renamed.get(value, value)), renamed


def _again(layout: Node, renamed: dict[Value, Value]) -> Node:
    found = rebuild(layout, lambda value: renamed.get(value, value))
    assert isinstance(found, Node)
    return found


def copy_operation(operation: Operation, renamed: dict[Value, Value]) -> Operation:
    """A copy of an operation that defines fresh values; it still reads the old ones."""

    def fresh(value: Value) -> Value:
        renamed[value] = replace(value)
        return renamed[value]

    def fresh_tree(tree: Tree) -> Tree:
        return rebuild(tree, fresh)

    match operation:
        case Broadcast() | Aggregate():
            return replace(operation, results=tuple(fresh(value) for value in operation.results))
        case Apply() | Call():
            return replace(operation, result=fresh_tree(operation.result))
        case Loop():
            copied = replace(
                operation,
                sources=tuple(replace(s, target=fresh_tree(s.target)) for s in operation.sources),
                carried=tuple(
                    replace(c, param=fresh(c.param), output=fresh(c.output))
                    for c in operation.carried
                ),
                stacks=tuple(replace(s, tape=fresh(s.tape)) for s in operation.stacks),
                body=tuple(copy_operation(inner, renamed) for inner in operation.body),
            )
            return replace(copied, layouts=tuple(_again(n, renamed) for n in copied.layouts))
        case Branch():
            return replace(
                operation,
                then=tuple(copy_operation(inner, renamed) for inner in operation.then),
                orelse=tuple(copy_operation(inner, renamed) for inner in operation.orelse),
                choices=tuple(replace(c, output=fresh(c.output)) for c in operation.choices),
            )
