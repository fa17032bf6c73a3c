"""Whether a local function clips its result, as far as its text shows it.

It does where the returned expression, followed through names, sums, `jax.tree.map` and the module's
own functions, comes to a call of something named `clip…` or to a value times `minimum(1, c / norm)`
(Abadi et al., Deep Learning with Differential Privacy, CCS 2016, algorithm 1). A `jax.numpy.clip`
inside a loss, or with one bound only, does not bound a client's contribution.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fadc.syntax.modules.module import Module
from fadc.syntax.source import names

ARRAY_CLIPS = ("jax.numpy.clip", "numpy.clip", "jax.lax.clamp")
TREE_MAPS = ("jax.tree.map", "jax.tree_map", "jax.tree_util.tree_map")
WRAPPERS = ("jax.vmap", "jax.jit", "jax.checkpoint", "functools.partial")

Function = ast.FunctionDef | ast.Lambda


@dataclass
class FunctionNames:
    """What the names inside a function are bound to; ``outer`` are those of the scope around it."""

    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    outer: FunctionNames | None = None


def clips_result(module: Module, function: ast.expr) -> bool:
    """Whether a function of this module, given as an expression, returns something clipped."""
    if _is_named_clip(module, function, FunctionNames()):
        return True
    seen: set[int] = set()
    waiting = [(function, FunctionNames())]
    while waiting:
        node, here = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if _is_clip(module, node, here):
            return True
        waiting += _followed(module, node, here)
    return False


def own_derivative(module: Module, function: Function) -> bool:
    """Whether a function is a `jax.custom_vjp`."""
    decorators = function.decorator_list if isinstance(function, ast.FunctionDef) else []
    parts = [p for d in decorators for p in (d, *(d.args if isinstance(d, ast.Call) else []))]
    return any(module.resolve(part) == "jax.custom_vjp" for part in parts)


def _is_clip(module: Module, node: ast.expr, here: FunctionNames) -> bool:
    match node:
        case ast.Call(func=func):
            name = module.resolve(func) or ""
            if name in ARRAY_CLIPS:
                return len(node.args) + len(node.keywords) > 2
            if name in (*TREE_MAPS, *WRAPPERS):
                return any(_is_named_clip(module, each, here) for each in node.args[:1])
            made = isinstance(func, ast.Attribute) and _is_clipper(module, func.value, here)
            return made or _is_named_clip(module, func, here)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return any(_is_bound(each, here, ("minimum", "min", "where")) for each in (left, right))
        case ast.BinOp(op=ast.Div(), right=right):
            return _is_bound(right, here, ("maximum", "max"))
    return False


def _followed(
    module: Module, node: ast.expr, here: FunctionNames
) -> Iterator[tuple[ast.expr, FunctionNames]]:
    """The expressions of which one is clipped if the given value or function is."""
    match node:
        case ast.Name(id=name):
            for around in _scopes(here):
                yield from ((value, around) for value in around.assigned.get(name, ()))
            definition, outer = _definition(module, node, here)
            if definition is not None:
                inner, returned = _read(definition, outer)
                yield from ((value, inner) for value in returned)
        case ast.Lambda(body=body):
            yield body, FunctionNames(outer=here)
        case ast.Call(func=func):
            wraps = module.resolve(func) in (*TREE_MAPS, *WRAPPERS)
            yield from ((each, here) for each in (node.args[:1] if wraps else [func]))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            yield from ((left, here), (right, here))
        case ast.BinOp(left=value, op=ast.Div()) | ast.UnaryOp(operand=value):
            yield value, here
        case ast.IfExp(body=body, orelse=orelse):
            yield from ((body, here), (orelse, here))
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            yield from ((part, here) for part in parts)


def _read(
    function: ast.FunctionDef, outer: FunctionNames | None
) -> tuple[FunctionNames, list[ast.expr]]:
    """The names of a function, and the expressions that it returns."""
    found, returned = FunctionNames(outer=outer), []
    waiting: list[ast.stmt] = list(function.body)
    while waiting:
        statement = waiting.pop()
        match statement:
            case ast.FunctionDef(name=name):
                found.functions[name] = statement
                continue
            case ast.Return(value=ast.expr() as value):
                returned.append(value)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _assign(found, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _assign(found, target, value)
        waiting += [s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)]
    return found, returned


def _assign(found: FunctionNames, target: ast.expr, value: ast.expr) -> None:
    """Bind the names of an assignment; after unpacking a call, each may be any part of it."""
    if isinstance(target, ast.Name):
        found.assigned.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple):
        same = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
        values = value.elts if same and isinstance(value, ast.Tuple) else [value] * len(target.elts)
        for part, each in zip(target.elts, values, strict=True):
            _assign(found, part, each)


def _scopes(here: FunctionNames | None) -> Iterator[FunctionNames]:
    while here is not None:
        yield here
        here = here.outer


def _definition(
    module: Module, node: ast.expr, here: FunctionNames
) -> tuple[ast.FunctionDef | None, FunctionNames | None]:
    """The definition that a name is bound to, and the names in the scope around it."""
    if not isinstance(node, ast.Name):
        return None, None
    for around in _scopes(here):
        if node.id in around.functions:
            return around.functions[node.id], around
    return module.function(node), None


def _is_named_clip(module: Module, function: ast.expr, here: FunctionNames) -> bool:
    """Whether a function is named so; one with a custom derivative may clip that instead."""
    definition, _ = _definition(module, function, here)
    if definition is not None and own_derivative(module, definition):
        return False
    return "clip" in _last_name(function) and module.resolve(function) not in ARRAY_CLIPS


def _is_clipper(module: Module, node: ast.expr, here: FunctionNames) -> bool:
    """Whether an object was made by a call of something named `clip…`, as in optax."""
    made = [node]
    if isinstance(node, ast.Name):
        made = [value for around in _scopes(here) for value in around.assigned.get(node.id, ())]
        known = module.is_global(node) and node.id in module.aliases
        made += [module.aliases[node.id]] if known else []
    return any(isinstance(value, ast.Call) and "clip" in _last_name(value.func) for value in made)


def _is_bound(node: ast.expr, here: FunctionNames, functions: tuple[str, ...]) -> bool:
    """Whether a factor is `minimum(1, c / norm)`, by its name or written out, or such a divisor."""
    return any(
        isinstance(value, ast.Call)
        and _last_name(value.func) in functions
        and any(isinstance(part, ast.Constant) and part.value == 1 for part in value.args)
        and any(_is_ratio_of_norm(part) for part in value.args)
        for value in _values(node, here)
    )


def _is_ratio_of_norm(node: ast.expr) -> bool:
    """Whether an expression is a ratio that names a norm; a warm-up's ratio of steps is not one."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        return False
    inside = (inner for inner, _, _ in names.visit(node))
    return any("norm" in _last_name(inner) for inner in inside)


def _values(node: ast.expr, here: FunctionNames) -> Iterable[ast.expr]:
    if not isinstance(node, ast.Name):
        return [node]
    return [value for around in _scopes(here) for value in around.assigned.get(node.id, ())]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    return node.id.lower() if isinstance(node, ast.Name) else ""
