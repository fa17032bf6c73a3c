"""Lists made from tapes: reversed tapes, rows zipped from columns, and values that are lists."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import Apply, Builtin, Leaf, Node, Placement, Tape, Tree, Value, leaves, placement
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned
from fadc.syntax.source.bound_names import Target

_AGGREGATIONS = ("sum", "mean", "aggregate")


def lower_list(
    scope: Scope, node: ast.Call, argument: ast.expr, target: Target, hint: str
) -> Tree | None:
    """``list(…)`` of tapes, or of a value that is a list; None for any other."""
    found = _lower_tape_list(scope, node, argument, target, hint)
    return found or _lower_as_tape(scope, node, argument, target, hint)


def lower_rows(scope: Scope, node: ast.ListComp) -> Tree | None:
    """``[{"a": x, "b": y} for x, y in zip(a, b, strict=True)]``: a list of rows out of lists."""
    match node.generators:
        case [
            ast.comprehension(
                target=ast.Tuple(elts=names),
                iter=ast.Call(func=callee, args=lists, keywords=[ast.keyword("strict")]),
                ifs=[],
            )
        ] if scope.builtin(callee) == "zip" and len(names) == len(lists):
            tapes = [_tape(scope, each) for each in lists]
            columns = dict(zip(map(ast.unparse, names), tapes, strict=True))
            row = _row(node.elt, columns)
            return Node("rows", (row,)) if isinstance(row, Node) else None
    return None


def lower_column(scope: Scope, node: ast.ListComp) -> Tree | None:
    """``[item for item, _ in rows]``: a column, or several, of a list of rows; None for any other."""
    match node.generators:
        case [ast.comprehension(target=target, iter=ast.Name(id=name), ifs=[])]:
            rows = scope.bindings.get(name)
            if isinstance(rows, Node) and rows.kind == "rows":
                found = _part(node.elt, _named_parts(target, rows.children[0]))
                return Node("rows", (found,)) if isinstance(found, Node) else found
    return None


def _named_parts(target: ast.expr, row: Tree) -> dict[str, Tree]:
    """The parts of a row that the names of a target are bound to."""
    match target, row:
        case ast.Name(id=name), _:
            return {name: row}
        case ast.Tuple(elts=parts), Node(kind="tuple", children=children) if len(parts) == len(
            children
        ):
            pairs = zip(parts, children, strict=True)
            return {name: tree for pair in pairs for name, tree in _named_parts(*pair).items()}
    return {}


def _part(node: ast.expr, names: dict[str, Tree]) -> Tree | None:
    """The part of a row that a name, or an item of a name, refers to."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Subscript(value=base, slice=ast.Constant(value=key)):
            match _part(base, names):
                case Node(kind="dict", keys=keys, children=children) if key in keys:
                    return children[keys.index(key)]
                case Node(kind="tuple", children=children) if isinstance(key, int):
                    return children[key] if 0 <= key < len(children) else None
    return None


def _tape(scope: Scope, node: ast.expr) -> Value | None:
    """The tape that a name is bound to; None for any other expression."""
    found = scope.bindings.get(node.id) if isinstance(node, ast.Name) else None
    return found if isinstance(found, Value) and isinstance(found.type, Tape) else None


def _row(node: ast.expr, columns: dict[str, Value | None]) -> Tree | None:
    """A display of the columns' items as a tree of columns; None for any other expression."""
    keys: tuple[str, ...] = ()
    match node:
        case ast.Name(id=name):
            return columns.get(name)
        case ast.Tuple(elts=parts):
            kind = "tuple"
        case ast.Dict(keys=given, values=parts) if all(isinstance(k, ast.Constant) for k in given):
            kind, keys = "dict", tuple(str(k.value) for k in given if isinstance(k, ast.Constant))
        case _:
            return None
    found = [_row(part, columns) for part in parts]
    children = tuple(each for each in found if each is not None)
    return Node(kind, children, keys) if len(children) == len(found) else None


def _lower_tape_list(
    scope: Scope, node: ast.Call, argument: ast.expr, target: Target, hint: str
) -> Tree | None:
    """``list(reversed(tape))`` and ``list(zip(tape, tape, strict=True))``: tapes out of tapes."""
    if not isinstance(argument, ast.Call):
        return None
    callee = scope.builtin(argument.func)
    tapes = [
        scope.lower(part)
        for part in argument.args
        if isinstance(part, ast.Name) and isinstance(scope.bindings.get(part.id), Value)
    ]
    if len(tapes) != len(argument.args) or not tapes:
        return None
    if not all(isinstance(tape, Value) and isinstance(tape.type, Tape) for tape in tapes):
        return None
    if callee == "zip":
        return Node("rows", (Node("tuple", tuple(tapes)),))
    if callee != "reversed" or len(tapes) != 1:
        return None
    (tape,) = leaves(tapes[0])
    result = assigned(target, tape.type, scope.span(node), f"{tape.name}_reversed")
    where = placement(tape.type)
    scope.lengths[result] = scope.lengths.get(tape, tape)  # type: ignore[index]
    scope.emit(Apply(Builtin("reverse_tape"), (tape,), result, where, scope.span(node)))
    return result


def _lower_as_tape(
    scope: Scope, node: ast.Call, argument: ast.expr, target: Target, hint: str
) -> Tree | None:
    """``list(v)``: a server value that is a list, as a tape; ``v`` may be an aggregate."""
    if isinstance(argument, ast.Name):
        binding = scope.bindings.get(argument.id)
        if not isinstance(binding, Value) or binding.type != Leaf(Placement.SERVER):
            return None
    elif isinstance(argument, ast.Call) and scope.module.primitive(argument.func) in _AGGREGATIONS:
        binding = scope.lower(argument, hint=hint)
        if isinstance(binding, Node):
            return replace(binding, kind="list")
        if not isinstance(binding, Value) or is_poisoned(binding):
            return binding
    else:
        return None
    result = assigned(target, Tape(Leaf(Placement.SERVER)), scope.span(node), hint)
    as_tape = Builtin("as_tape")
    scope.emit(Apply(as_tape, (binding,), result, Placement.SERVER, scope.span(node)))
    return result
