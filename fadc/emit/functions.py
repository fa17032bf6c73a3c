"""Derived local functions: ``client_update_vjp`` beside ``client_update``, one for each activity."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from fadc.emit.context import Context, fill
from fadc.emit.jacobians import accumulated, chain_function, chain_globals, chain_key
from fadc.emit.layout import Comment, constant
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
    is_array,
    leaves,
    slots,
    walk,
)
from fadc.ir.source_text import spelled
from fadc.syntax.source.names import free_names, fresh

Derived = Pushforward | Linearized | Recomputed | Accumulated

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
class Call:
    """How a derived function is called: its name and the arguments, the statics by keyword."""

    name: str
    args: tuple[Tree, ...]
    keywords: tuple[tuple[str, Tree], ...]


def define_functions(context: Context, computation: Computation) -> None:
    """Define the derived functions of all mapped operations of a computation."""
    for operation in walk(computation.block):
        if isinstance(operation, Apply) and isinstance(operation.function, Derived):
            if operation.placement is Placement.CLIENTS:
                derived_function(context, operation)


def derived_function(context: Context, operation: Apply) -> Call:
    """Define the derived function of a mapped operation, once for all that are alike."""
    function = operation.function
    assert isinstance(function, Derived)
    base = function.function
    own, extra = _split(operation, function)
    positional, statics = _static_keywords(base, own)
    flat = list(slots(positional))
    reserved = {context.jax, context.fed, *(name for name, _ in statics)}
    reserved |= _globals(context, base, operation.span.path)
    names = _parameter_names(base, positional, flat, reserved)
    key = _key(function, base, positional, names, statics, operation)
    if key not in context.functions:
        label = context.fresh(f"{_label(base)}_{_SUFFIX[type(function)]}", context.locals)
        taken = {*reserved, *names}
        path = operation.span.path
        body = _body(context, function, base, positional, names, statics, path, taken)
        context.functions[key] = _define(label, names, [name for name, _ in statics], *body)
    values = tuple(leaf for leaf in flat if isinstance(leaf, Value))
    return Call(context.use(context.functions[key].name), (*values, *extra), tuple(statics))


def _split(operation: Apply, function: Derived) -> tuple[tuple[Tree, ...], tuple[Tree, ...]]:
    """The arguments of the primal function, and the tangents or the cotangent behind them."""
    extra = 0
    if isinstance(function, Pushforward):
        extra = sum(map(len, function.directions))
    elif isinstance(function, Recomputed):
        extra = 1
    count = len(operation.args) - extra
    return operation.args[:count], operation.args[count:]


def _static_keywords(
    base: Local | Chain, own: tuple[Tree, ...]
) -> tuple[tuple[Tree, ...], list[tuple[str, Tree]]]:
    if isinstance(base, Chain):
        count = len(base.parameters)
        return own[:count], list(zip(base.keywords, own[count:], strict=True))
    if not isinstance(base, Mapped):
        return own, []
    count = len(own) - len(base.captures) - len(base.keywords)
    names = (*base.captures, *base.keywords)
    return own[:count], list(zip(names, own[count:], strict=True))


def _globals(context: Context, base: Local | Chain, path: str) -> set[str]:
    """The names that a function reads of its module, which names of a derived function must not hide."""
    if isinstance(base, Chain):
        return chain_globals(base)
    if not isinstance(base, Mapped):
        return set()
    return set(free_names(context.local_code(base.source, path, frozenset(base.captures))))


def _parameter_names(
    base: Local | Chain, positional: tuple[Tree, ...], flat: list[Value | Literal], taken: set[str]
) -> list[str]:
    """A name for each value among the arguments."""
    names: list[str] = []
    known = base.parameters if isinstance(base, Mapped) else ()
    if isinstance(base, Builtin):
        known = _BUILTIN_PARAMETERS.get(base.name, ("value",))
        known = known if len(known) == len(positional) else ()
    for index, argument in enumerate(positional):
        for leaf in slots((argument,)):
            if isinstance(leaf, Literal):
                continue
            plain = isinstance(argument, Value) and index < len(known)
            names.append(known[index] if plain else leaf.name)
    return _fresh_names(names, set(taken))


def _key(
    function: Derived,
    base: Local | Chain,
    positional: tuple[Tree, ...],
    names: list[str],
    statics: list[tuple[str, Tree]],
    operation: Apply,
) -> object:
    def shape(tree: Tree) -> object:
        if isinstance(tree, Node):
            return (tree.kind, tree.keys, tuple(shape(child) for child in tree.children))
        return spelled(tree.source) if isinstance(tree, Literal) else None

    source: object = chain_key(base) if isinstance(base, Chain) else base
    if isinstance(base, Mapped | Expression):
        source = spelled(base.source)
    shapes = tuple(shape(argument) for argument in positional)
    keywords = tuple(name for name, _ in statics)
    return (
        type(function),
        function.active,
        isinstance(function, Pushforward) and (function.directions, function.stack is None),
        isinstance(function, Accumulated) and (function.scalar, _are_arrays(function, positional)),
        source,
        shapes,
        tuple(names),
        keywords,
        operation.span.path,
    )


def _are_arrays(function: Derived, positional: tuple[Tree, ...]) -> bool:
    """Whether all active arguments are proven to be floating-point arrays."""
    flat = list(slots(positional))
    active = [flat[index] for index in function.active]
    return all(isinstance(leaf, Value) and is_array(leaf.type) for leaf in active)


def _label(base: Local | Chain) -> str:
    if isinstance(base, Chain):
        return base.result.name
    if isinstance(base, Mapped):
        return base.hint
    assert isinstance(base, Builtin)
    if base.name == "item":
        return base.detail.strip('."[]').replace("'", "")
    return base.name


def _body(
    context: Context,
    function: Derived,
    base: Local | Chain,
    positional: tuple[Tree, ...],
    names: list[str],
    statics: list[tuple[str, Tree]],
    path: str,
    taken: set[str],
) -> tuple[list[ast.stmt], list[str]]:
    """The statements of a derived function, and its parameters behind the primal's.

    Nothing in it is called what is ``taken``.
    """
    values = [leaf for leaf in slots(positional)]
    position: dict[int, str] = {}
    for index, leaf in enumerate(values):
        if isinstance(leaf, Value):
            position[index] = names[len(position)]
    active = [position[index] for index in function.active]
    keywords = [name for name, _ in statics]
    if isinstance(base, Chain):
        assert isinstance(function, Accumulated)
        inner = chain_function(
            context,
            base,
            names,
            active,
            {*context.taken, *keywords, *chain_globals(base)},
            lambda local, args, captured: primal_call(context, local, args, captured, path),
        )
        proven = _are_arrays(function, positional)
        called = accumulated(context, function, active, ast.Name(id=inner.name), proven)
        return [inner, Comment(), called], []
    call = primal_call(context, base, _arguments(context, positional, iter(names)), keywords, path)
    if isinstance(function, Accumulated):
        proven = _are_arrays(function, positional)
        return [accumulated(context, function, active, _lambda(active, call, ()), proven)], []
    if isinstance(function, Pushforward):
        return _pushed(context, function, position, call, taken)
    linearized = vjp(context, active, call, _names(active))
    if isinstance(function, Linearized):
        return [ast.Return(value=linearized)], []
    bar = "out_bar" if "out_bar" not in taken else "v_bar"
    primal, pullback, bar = _fresh_names(["_", "pullback", bar], set(taken))
    target = ast.Tuple(elts=_names([primal, pullback]))
    pulled = ast.Call(func=context.name("fed.pull"), args=_names([pullback, bar]), keywords=[])
    return [ast.Assign(targets=[target], value=linearized), ast.Return(value=pulled)], [bar]


def _pushed(
    context: Context,
    function: Pushforward,
    position: dict[int, str],
    call: ast.expr,
    taken: set[str],
) -> tuple[list[ast.stmt], list[str]]:
    """The output beside its tangents; along several directions they share one linearization."""
    active = [position[index] for index in function.active]
    named = [position[index] for direction in function.directions for index in direction]
    suffix = "dot" if function.stack is None else "dots"
    dots = _fresh_names([f"{name}_{suffix}" for name in named], set(taken))
    if len(function.directions) == 1:
        pair = _names(active), _names(dots)
        return [ast.Return(value=jvp(context, function, active, call, *pair))], dots
    out, push = _fresh_names(["out", "push"], {*taken, *dots, *free_names(call)})
    linearize, primal = context.name("jax.linearize"), _lambda(active, call, ())
    linearized = ast.Call(func=linearize, args=[primal, *_names(active)], keywords=[])
    rest = iter(dots)
    parts: list[ast.expr] = [ast.Name(id=out)]
    for direction in function.directions:
        tangents: list[ast.expr] = [
            ast.Name(id=next(rest))
            if index in direction
            else builtin_call(context, Builtin("zeros_like"), _names([position[index]]))
            for index in function.active
        ]
        parts.append(ast.Call(func=ast.Name(id=push), args=tangents, keywords=[]))
    target = ast.Tuple(elts=_names([out, push]))
    made = ast.Tuple(elts=parts)
    return [ast.Assign(targets=[target], value=linearized), ast.Return(value=made)], dots


def _fresh_names(names: list[str], taken: set[str]) -> list[str]:
    """Names that are not taken, the first free number where they are."""
    found: list[str] = []
    for name in names:
        found.append(fresh(name, taken))
        taken.add(found[-1])
    return found


def _names(names: list[str]) -> list[ast.expr]:
    return [ast.Name(id=name) for name in names]


def _arguments(context: Context, trees: tuple[Tree, ...], names: object) -> list[ast.expr]:
    from fadc.emit.layout import parse

    rest = iter(names)  # type: ignore[call-overload]

    def build(tree: Tree) -> ast.expr:
        if isinstance(tree, Literal):
            return parse(tree.source)
        if isinstance(tree, Value):
            return ast.Name(id=next(rest))
        return display(context, tree, [build(child) for child in tree.children])

    return [build(tree) for tree in trees]


def display(context: Context, tree: Node, parts: list[ast.expr]) -> ast.expr:
    """The display of a node's parts."""
    if tree.kind == "dict":
        return ast.Dict(keys=[constant(key) for key in tree.keys], values=parts)
    if tree.kind == "list":
        return ast.List(elts=parts)
    if tree.kind == "rows":
        return _rows(context, tree, parts)
    return ast.Tuple(elts=parts)


def _rows(context: Context, tree: Node, parts: list[ast.expr]) -> ast.expr:
    """A list of rows out of lists: ``list(zip(a, b, strict=True))``."""
    (row,) = tree.children
    columns = list(leaves(row))
    lists: list[ast.expr] = []
    stack = list(parts)
    while stack:
        part = stack.pop(0)
        inner = part.elts if isinstance(part, ast.Tuple) else getattr(part, "values", None)
        if inner is None:
            lists.append(part)
        else:
            stack = [*inner, *stack]
    strict = ast.keyword(arg="strict", value=ast.Constant(value=True))
    zipped = ast.Call(func=context.python("zip"), args=lists, keywords=[strict])
    if isinstance(row, Node) and row.kind == "tuple" and row.children == tuple(columns):
        return ast.Call(func=context.python("list"), args=[zipped], keywords=[])
    names: list[ast.expr] = [ast.Name(id=f"item_{index}") for index in range(len(columns))]
    item = _arguments(context, (row,), iter([f"item_{i}" for i in range(len(columns))]))[0]
    clause = ast.comprehension(target=ast.Tuple(elts=names), iter=zipped, ifs=[], is_async=0)
    return ast.ListComp(elt=item, generators=[clause])


def primal_call(
    context: Context, base: Local, arguments: list[ast.expr], statics: list[str], path: str
) -> ast.expr:
    """The text of a primal function applied to arguments; a lambda's body stands for its call."""
    if isinstance(base, Builtin):
        return builtin_call(context, base, arguments)
    assert isinstance(base, Mapped)
    function = context.local_code(base.source, path, frozenset(base.captures))
    if isinstance(function, ast.Lambda) and _is_plain(function, len(arguments)):
        own = [argument.arg for argument in function.args.args]
        return fill(function.body, dict(zip(own, arguments, strict=True)))
    keywords = [ast.keyword(arg=name, value=ast.Name(id=name)) for name in base.keywords]
    if isinstance(function, ast.Call):
        first, *before = function.args  # a partial: what it holds joins the call
        given = [*function.keywords, *keywords]
        return ast.Call(func=first, args=[*before, *arguments], keywords=given)
    return ast.Call(func=function, args=arguments, keywords=keywords)


def _is_plain(function: ast.Lambda, count: int) -> bool:
    args = function.args
    extra = args.posonlyargs or args.kwonlyargs or args.vararg or args.kwarg or args.defaults
    return not extra and len(args.args) == count


def builtin_call(
    context: Context, base: Builtin, arguments: list[ast.expr], proven: bool = False
) -> ast.expr:
    """A builtin applied to local values: ``fed.scale(c, a)``.

    A plain operator divides what is ``proven`` to be one array.
    """
    if base.name == "item":
        from fadc.emit.layout import parse

        return rename_base(parse(f"value{base.detail}"), arguments[0])
    if base.name == "divide" and proven:
        return ast.BinOp(left=arguments[0], op=ast.Div(), right=arguments[1])
    module = "jnp" if base.name == "ones_like" else "fed"
    return ast.Call(func=context.name(f"{module}.{base.name}"), args=arguments, keywords=[])


def rename_base(tree: ast.expr, base: ast.expr) -> ast.expr:
    return fill(tree, {"value": base})


def vjp(
    context: Context,
    active: list[str],
    body: ast.expr,
    arguments: list[ast.expr],
    bound: Sequence[str] = (),
) -> ast.expr:
    """``jax.vjp(lambda <active>: <body>, <arguments>)``; ``bound`` names are bound as defaults."""
    function = _lambda(active, body, bound)
    return ast.Call(func=context.name("jax.vjp"), args=[function, *arguments], keywords=[])


def jvp(
    context: Context,
    pushed: Pushforward,
    active: list[str],
    body: ast.expr,
    arguments: list[ast.expr],
    tangents: list[ast.expr],
    bound: Sequence[str] = (),
) -> ast.expr:
    """``jax.jvp(lambda <active>: <body>, (<arguments>,), (<tangents>,))``; ``fed.push`` of a stack."""
    pair: list[ast.expr] = [ast.Tuple(elts=arguments), ast.Tuple(elts=tangents)]
    function = _lambda(active, body, bound)
    return ast.Call(
        func=context.name("jax.jvp" if pushed.stack is None else "fed.push"),
        args=[function, *pair],
        keywords=[],
    )


def _lambda(names: list[str], body: ast.expr, bound: Sequence[str]) -> ast.Lambda:
    defaults: list[ast.expr] = [ast.Name(id=name) for name in bound]
    return ast.Lambda(args=_signature([*names, *bound], [], defaults), body=body)


def _signature(names: list[str], keywords: list[str], defaults: list[ast.expr]) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg(arg=name) for name in names],
        kwonlyargs=[ast.arg(arg=name) for name in keywords],
        kw_defaults=[None] * len(keywords),
        defaults=defaults,
    )


def _define(
    label: str, names: list[str], keywords: list[str], body: list[ast.stmt], extra: list[str]
) -> ast.FunctionDef:
    return ast.FunctionDef(
        name=label,
        args=_signature([*names, *extra], keywords, []),
        body=body,
        decorator_list=[],
    )
