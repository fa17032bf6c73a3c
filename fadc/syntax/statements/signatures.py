"""Signatures of computations: their parameters and the annotation of their result."""

from __future__ import annotations

import ast

from fadc.ir import (
    Leaf,
    Parameter,
    Placement,
    Tape,
)
from fadc.syntax.modules.module import Module, name_of
from fadc.syntax.modules.undefined import speaks_of_undefined
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import new_tree
from fadc.syntax.types.annotations import names_placement, read_annotation
from fadc.syntax.types.declared import Declared, Structure, common_type


def read_parameters(scope: Scope, node: ast.FunctionDef) -> list[Parameter]:
    """The parameters of a computation, bound in its scope; parameters with errors are left out."""
    args = node.args
    for extra in (args.vararg, args.kwarg):
        if extra is not None:
            scope.module.report("FAD131", extra, parameter=extra.arg, problem="is starred")
            scope.bindings[extra.arg] = scope.report_nothing()
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    listed = [
        *zip(plain, defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    parameters = []
    for index, (argument, default) in enumerate(listed):
        parameter = _read_parameter(scope, argument, default, index >= len(plain))
        if parameter is not None:
            parameters.append(parameter)
            scope.bindings[argument.arg] = parameter.tree
        else:
            scope.bindings[argument.arg] = scope.report_nothing()
        scope.meanings[argument] = scope.bindings[argument.arg]
    return parameters


def _read_parameter(
    scope: Scope, argument: ast.arg, default: ast.expr | None, keyword_only: bool
) -> Parameter | None:
    text = scope.module.text
    if argument.annotation is None:
        scope.module.report("FAD112", argument, parameter=f"parameter `{argument.arg}`")
        return None
    declared = read_annotation(scope.module, argument.annotation)
    annotation = text.segment(argument.annotation)
    if not isinstance(declared, ast.expr):
        declared = _plain_dicts(declared) or argument.annotation
    if isinstance(declared, ast.expr):
        _refuse_annotation(scope.module, argument.annotation, f"parameter `{argument.arg}`")
        return None
    static = isinstance(declared, Leaf) and declared.placement is Placement.STATIC
    bare = ast.arg(arg=argument.arg)
    ast.copy_location(bare, argument)
    bare.end_col_offset = argument.col_offset + len(argument.arg.encode())
    bare.end_lineno = argument.lineno
    if default is not None and not static and not _is_plain(default, declared):
        problem = "is placed, and its default is neither a number nor `None`"
        if not isinstance(declared, Leaf) or declared.placement is not Placement.SERVER:
            problem = "is not one server value and has a default"
        scope.module.report("FAD131", bare, parameter=argument.arg, problem=problem)
        return None
    unpacked = scope.unpackings.get(argument.arg)
    tree = new_tree(declared, argument.arg, text.span(bare), unpacked)
    written = text.segment(default) if default is not None else None
    return Parameter(argument.arg, annotation, tree, keyword_only, written)


def _refuse_annotation(module: Module, node: ast.expr, parameter: str) -> None:
    """Report an annotation without a placement or with several, unless it has undefined names."""
    if speaks_of_undefined(module, node):
        return
    annotation = module.text.segment(node)
    cure = (
        f"wrap the type in a placement: `fed.Server[{annotation}]` or `fed.Clients[{annotation}]`"
    )
    if names_placement(module, node):
        cure = "write one placement, `fed.Server[…]` or `fed.Clients[…]`, or a tuple of such"
    slots = {"annotation": annotation, "parameter": parameter, "cure": cure}
    module.report("FAD113", node, **slots)


def _is_plain(default: ast.expr, declared: Declared) -> bool:
    """Whether a placed parameter may have this default: it must be a plain constant."""
    if isinstance(default, ast.UnaryOp) and isinstance(default.op, ast.USub):
        default = default.operand
    plain = isinstance(default, ast.Constant) and not isinstance(default.value, str | bytes)
    return plain and isinstance(declared, Leaf) and declared.placement is Placement.SERVER


def _plain_dicts(declared: Declared, depth: int = 0) -> Declared | None:
    """Make a dict with unknown keys one value if its parts have one placement.

    ``depth`` is the number of lists around it.
    """
    if not isinstance(declared, Structure):
        return declared
    if declared.kind == "dict" and not declared.keys:
        found = inner = common_type(declared)
        for _ in range(depth):
            inner = inner.item if isinstance(inner, Tape) else None
        return found if isinstance(inner, Leaf) else None
    inside = depth + (declared.kind == "rows")
    children = [_plain_dicts(child, inside) for child in declared.children]
    if any(child is None for child in children):
        return None
    if declared.kind == "rows" and not isinstance(children[0], Structure):
        return children[0]
    return Structure(declared.kind, tuple(c for c in children if c is not None), declared.keys)


def read_result_annotation(module: Module, node: ast.FunctionDef) -> tuple[Declared | None, str]:
    """The declaration of a computation's result, and its text; None after a report."""
    if node.returns is None:
        module.report("FAD112", name_of(module, node), parameter="the result")
        return None, ""
    declared = read_annotation(module, node.returns)
    annotation = module.text.segment(node.returns)
    if isinstance(declared, ast.expr):
        _refuse_annotation(module, node.returns, "the result")
        return None, ""
    return declared, annotation
