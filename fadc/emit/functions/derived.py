"""Derived local functions: ``client_update_vjp`` for ``client_update``, one per activity."""

from __future__ import annotations

from dataclasses import dataclass

from fadc.emit.code.nodes import define
from fadc.emit.code.queries import function_name
from fadc.emit.code.user import free_names
from fadc.emit.context import Context
from fadc.emit.fresh_names import fresh_names
from fadc.emit.functions.bodies import body_of
from fadc.emit.functions.jacobians import chain_globals, chain_key
from fadc.emit.functions.primals import Derived, Primal
from fadc.emit.local_code import local_code
from fadc.ir import (
    Accumulated,
    Apply,
    Builtin,
    Chain,
    Computation,
    Expression,
    Linearized,
    Literal,
    Local,
    Mapped,
    Node,
    Placement,
    Pushforward,
    Recomputed,
    Tree,
    Value,
    slots,
    walk,
)
from fadc.ir.source_text import spelled

_SUFFIX = {
    Pushforward: "jvp",
    Linearized: "vjp",
    Recomputed: "pullback",
    Accumulated: "and_jac",
}
_BUILTIN_PARAMETERS = {
    "add": ("a", "b"),
    "scale": ("c", "a"),
    "divide": ("a", "c"),
    "pull": ("pullback", "v_bar"),
    "zeros_like": ("a",),
}


@dataclass(frozen=True)
class DerivedCall:
    """The call of a derived function: its name and the arguments, static ones by keyword."""

    name: str
    args: tuple[Tree, ...]
    keywords: tuple[tuple[str, Tree], ...]


def define_functions(context: Context, computation: Computation) -> None:
    """Define the derived functions of all mapped operations of a computation."""
    for operation in walk(computation.block):
        if isinstance(operation, Apply) and isinstance(operation.function, Derived):
            if operation.placement is Placement.CLIENTS:
                derived_function(context, operation)


def derived_function(context: Context, operation: Apply) -> DerivedCall:
    """Define the derived function of a mapped operation, once for all operations that are alike."""
    function = operation.function
    assert isinstance(function, Derived)
    own, extra = _split(operation, function)
    primal = _primal(context, function.function, own, operation.span.path)
    key = _key(function, primal)
    if key not in context.functions:
        label = f"{_label(primal.base)}_{_SUFFIX[type(function)]}"
        label = context.fresh(label, context.locals)
        body, more = body_of(context, function, primal)
        parameters = [*primal.names, *more, *(["*"] if primal.statics else []), *primal.keywords]
        context.functions[key] = define(label, parameters, body)
    values = tuple(leaf for leaf in slots(primal.positional) if isinstance(leaf, Value))
    name = context.use(function_name(context.functions[key]))
    return DerivedCall(name, (*values, *extra), primal.statics)


def _split(operation: Apply, function: Derived) -> tuple[tuple[Tree, ...], tuple[Tree, ...]]:
    """The arguments of the primal function, and the tangents or the cotangent after them."""
    extra = 0
    if isinstance(function, Pushforward):
        extra = sum(map(len, function.directions))
    elif isinstance(function, Recomputed):
        extra = 1
    count = len(operation.args) - extra
    return operation.args[:count], operation.args[count:]


def _primal(context: Context, base: Local | Chain, own: tuple[Tree, ...], path: str) -> Primal:
    positional, statics = _static_keywords(base, own)
    reserved = {context.jax, context.fed, *(name for name, _ in statics)}
    reserved |= _globals(context, base, path)
    names = fresh_names(_parameter_names(base, positional), set(reserved))
    return Primal(base, positional, tuple(names), statics, path, frozenset({*reserved, *names}))


def _static_keywords(
    base: Local | Chain, own: tuple[Tree, ...]
) -> tuple[tuple[Tree, ...], tuple[tuple[str, Tree], ...]]:
    """The positional arguments, and the static keyword arguments."""
    if isinstance(base, Chain):
        count = len(base.parameters)
        return own[:count], tuple(zip(base.keywords, own[count:], strict=True))
    if not isinstance(base, Mapped):
        return own, ()
    names = (*base.captures, *base.keywords)
    count = len(own) - len(names)
    return own[:count], tuple(zip(names, own[count:], strict=True))


def _globals(context: Context, base: Local | Chain, path: str) -> frozenset[str]:
    """The module's names that a function reads, which a derived function's names must not hide."""
    if isinstance(base, Chain):
        return frozenset(chain_globals(base))
    if not isinstance(base, Mapped):
        return frozenset()
    return free_names(local_code(context, base.source, path, bound=base.captures))


def _parameter_names(base: Local | Chain, positional: tuple[Tree, ...]) -> list[str]:
    """The preferred parameter name of each value among the arguments."""
    names: list[str] = []
    known = base.parameters if isinstance(base, Mapped) else ()
    if isinstance(base, Builtin):
        known = _BUILTIN_PARAMETERS.get(base.name, ("value",))
        known = known if len(known) == len(positional) else ()
    for index, argument in enumerate(positional):
        for leaf in slots((argument,)):
            if isinstance(leaf, Value):
                plain = leaf is argument and index < len(known)
                names.append(known[index] if plain else leaf.name)
    return names


def _key(function: Derived, primal: Primal) -> object:
    """Equal for operations whose derived functions are the same."""
    base = primal.base
    source: object = chain_key(base) if isinstance(base, Chain) else base
    if isinstance(base, Mapped | Expression):
        source = spelled(base.source)
    return (
        type(function),
        function.active,
        isinstance(function, Pushforward) and (function.directions, function.stack is None),
        isinstance(function, Accumulated) and (function.scalar, primal.are_arrays(function.active)),
        source,
        tuple(_shape(argument) for argument in primal.positional),
        primal.names,
        primal.keywords,
        primal.path,
    )


def _shape(tree: Tree) -> object:
    """Equal for arguments that differ in their values only."""
    if isinstance(tree, Node):
        return (tree.kind, tree.keys, tuple(_shape(child) for child in tree.children))
    return spelled(tree.source) if isinstance(tree, Literal) else None


def _label(base: Local | Chain) -> str:
    """The stem of a derived function's name."""
    if isinstance(base, Chain):
        return base.result.name
    if isinstance(base, Mapped):
        return base.hint
    assert isinstance(base, Builtin)
    if base.name == "item":
        return base.detail.strip('."[]').replace("'", "")
    return base.name
