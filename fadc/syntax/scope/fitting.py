"""Conversion of trees of values to the structure that a declaration requires."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import (
    Apply,
    Builtin,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Value,
    placement,
    results,
)
from fadc.ir.source_text import parsed
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import has_constants, one_placement
from fadc.syntax.source.text import Text
from fadc.syntax.types.declared import Declared, Structure, common_type


def conform(scope: Scope, node: ast.expr | ast.stmt, tree: Tree, declared: Declared) -> Tree | None:
    """The tree in the structure that a declaration requires; None where it does not fit.

    Static values may be used as server values; a display becomes one value where one is declared,
    and one value is unpacked where a tuple is declared.
    """
    if isinstance(declared, Structure):
        return _conform_structure(scope, node, tree, declared)
    if isinstance(declared, Tape):
        fits = isinstance(tree, Value) and isinstance(tree.type, Tape)
        return (
            tree
            if fits and one_placement(tree) in (placement(declared), Placement.STATIC)
            else None
        )
    where = placement(declared)
    found = one_placement(tree)
    if found is not where and not (found is Placement.STATIC and where is Placement.SERVER):
        return None
    if isinstance(tree, Node):
        partly = where is Placement.CLIENTS and has_constants(tree)
        return None if partly else pack_value(scope, node, tree, where)
    return tree if found is where else at_server(scope, node, tree)


def at_server(scope: Scope, node: ast.expr | ast.stmt, tree: Value | Literal) -> Value:
    """A static value as a server value."""
    span = scope.span(node)
    value = Value("constant", Leaf(Placement.SERVER), span, anonymous=True)
    if isinstance(tree, Literal):
        function, args = Expression(tree.source), ()
    else:
        function, args = Expression(tree.name, (tree.name,)), (tree,)  # type: ignore[assignment]
    scope.emit(Apply(function, args, value, Placement.SERVER, span))
    return value


def pack_value(scope: Scope, node: ast.expr | ast.stmt, tree: Node, where: Placement) -> Value:
    """One value for a display of values of one placement."""
    span = scope.span(node)
    name = "packed"
    value = Value(name, Leaf(where), span, anonymous=True)
    scope.emit(Apply(Builtin("pack"), (tree,), value, where, span))
    return value


def _conform_structure(
    scope: Scope, node: ast.expr | ast.stmt, tree: Tree, declared: Structure
) -> Tree | None:
    kinds = {"tuple": ("tuple", "list"), "dict": ("dict",), "rows": ("rows",), "list": ("list",)}
    if declared.kind == "dict" and not declared.keys and isinstance(tree, Value):
        common = common_type(declared)
        return conform(scope, node, tree, common) if isinstance(common, Leaf) else None
    if isinstance(tree, Value) and declared.kind == "tuple" and isinstance(tree.type, Leaf):
        tree = unpack_value(scope, node, tree, len(declared.children))
    if isinstance(tree, Literal):
        tree = _parts(tree)
    if not isinstance(tree, Node) or tree.kind not in kinds[declared.kind]:
        return None
    declarations = declared.children
    if declared.kind == "dict":
        if declared.keys and sorted(declared.keys) != sorted(tree.keys):
            return None
        declarations = tuple(declared.part(key) for key in tree.keys)
    if len(declarations) != len(tree.children):
        return None
    children = []
    for child, part in zip(tree.children, declarations, strict=True):
        found = conform(scope, node, child, part)
        if found is None:
            return None
        children.append(found)
    return Node(declared.kind, tuple(children), tree.keys)


def unpack_value(scope: Scope, node: ast.expr | ast.stmt, value: Value, count: int) -> Node:
    """The parts of a value that is known to be a tuple."""
    where, span = placement(value.type), scope.span(node)
    parts = tuple(Value(f"{value.name}_{index}", Leaf(where), span) for index in range(count))
    result = Node("tuple", parts)
    scope.emit(Apply(Builtin("unpack"), (value,), result, where, span))
    return result


def taken_apart(scope: Scope, tree: Tree, like: Tree) -> Tree:
    """A tree whose constants are split where another tree has parts."""
    if not isinstance(like, Node):
        return tree
    maker = next((op for op in scope.operations if tree in tuple(results(op))), None)
    if isinstance(maker, Apply) and isinstance(maker.function, Expression) and not maker.args:
        opened = _parts(Literal(maker.function.source))
    else:
        opened = _parts(tree) if isinstance(tree, Literal) else tree
    if not isinstance(opened, Node) or len(opened.children) != len(like.children):
        return tree
    pairs = zip(opened.children, like.children, strict=True)
    return replace(opened, children=tuple(taken_apart(scope, *pair) for pair in pairs))


def _parts(literal: Literal) -> Tree:
    """The parts of a constant that is written as a display, such as ``(0.5, 1)``."""
    kind, keys = "tuple", list[str]()
    match parsed(literal.source):
        case ast.Tuple(elts=elements):
            pass
        case ast.List(elts=elements):
            kind = "list"
        case ast.Dict(keys=given, values=elements):
            kind, keys = "dict", [str(key.value) for key in given if isinstance(key, ast.Constant)]
        case _:
            return literal
    text = Text.of(f"({literal.source}\n)", "")
    return Node(kind, tuple(Literal(text.segment(each)) for each in elements), tuple(keys))
