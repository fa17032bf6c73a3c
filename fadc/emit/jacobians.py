"""The bodies of functions that return an output beside its Jacobian: ``client_loss_and_jac``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

from fadc.analyses.client_work import split_statics
from fadc.emit.context import Context
from fadc.emit.layout import parse
from fadc.ir import Accumulated, Apply, Builtin, Chain, Literal, Mapped, Node, Tree, Value, leaves
from fadc.ir.source_text import spelled
from fadc.syntax.source.names import free_names, fresh

Write = Callable[[Tree], ast.expr]
Applied = Callable[[Mapped | Builtin, list[ast.expr], list[str]], ast.expr]


def accumulated(
    context: Context, function: Accumulated, active: list[str], primal: ast.expr, proven: bool
) -> ast.Return:
    """``return jax.value_and_grad(<primal>)(<active>)`` of a scalar.

    ``fed.gradient`` where arguments are not ``proven`` to be real numbers; ``fed.jacobian`` of any
    other output.
    """
    arguments: list[ast.expr] = [ast.Name(id=name) for name in active]
    if not (function.scalar and proven):
        name = "fed.gradient" if function.scalar else "fed.jacobian"
        args = [primal, *arguments]
        return ast.Return(value=ast.Call(func=context.name(name), args=args, keywords=[]))
    keywords = []
    if len(active) > 1:
        numbers: list[ast.expr] = [ast.Constant(value=index) for index in range(len(active))]
        keywords.append(ast.keyword(arg="argnums", value=ast.Tuple(elts=numbers)))
    gradient = ast.Call(func=context.name("jax.value_and_grad"), args=[primal], keywords=keywords)
    return ast.Return(value=ast.Call(func=gradient, args=arguments, keywords=[]))


def chain_function(
    context: Context,
    chain: Chain,
    names: list[str],
    active: list[str],
    taken: set[str],
    applied: Applied,
) -> ast.FunctionDef:
    """A chain as a function of its active parameters, defined inside another one's body.

    ``names`` are those of its parameters; ``applied`` writes the call of a mapped function.
    """
    known: dict[Value, str] = dict(zip(chain.parameters, names, strict=True))
    used = {*taken, *names}
    name = _fresh("primal", used)
    body: list[ast.stmt] = []
    read = {v for step in chain.steps for v in _read(step)} | {chain.result}
    for step in chain.steps[:-1]:
        value = _applied(context, step, known, applied)
        body.append(ast.Assign(targets=[_target(step.result, known, used, read)], value=value))
    last = chain.steps[-1]
    value = _applied(context, last, known, applied)
    if last.result is not chain.result:
        body.append(ast.Assign(targets=[_target(last.result, known, used, read)], value=value))
        value = ast.Name(id=known[chain.result])
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(arg=each) for each in active],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    return ast.FunctionDef(
        name=name, args=arguments, body=[*body, ast.Return(value=value)], decorator_list=[]
    )


def chain_globals(chain: Chain) -> set[str]:
    """The names that the functions of a chain read, which its own names must not hide."""
    texts = [step.function.source for step in chain.steps if isinstance(step.function, Mapped)]
    return {name for text in texts for name in free_names(parse(text))}


def chain_key(chain: Chain) -> object:
    """Equal for chains of the same text."""
    numbers: dict[Value, int] = {}

    def shape(tree: Tree) -> object:
        if isinstance(tree, Value):
            return numbers.setdefault(tree, len(numbers))
        if isinstance(tree, Literal):
            return spelled(tree.source)
        return (tree.kind, tree.keys, tuple(shape(child) for child in tree.children))

    steps = []
    for value in chain.parameters:
        shape(value)
    for step in chain.steps:
        args, statics = split_statics(step)
        named = tuple(name for name, _ in statics)
        function = step.function
        if isinstance(function, Mapped):
            function = replace(function, source=spelled(function.source))
        steps.append((function, tuple(shape(arg) for arg in args), named, shape(step.result)))
    return (tuple(steps), shape(chain.result))


def _read(step: Apply) -> list[Value]:
    return [value for tree in step.args for value in leaves(tree)]


def _applied(
    context: Context, step: Apply, known: Mapping[Value, str], applied: Applied
) -> ast.expr:
    from fadc.emit.functions import display

    def write(tree: Tree) -> ast.expr:
        if isinstance(tree, Value):
            return ast.Name(id=known[tree])
        if isinstance(tree, Node):
            return display(context, tree, [write(child) for child in tree.children])
        return parse(tree.source)

    args, statics = split_statics(step)
    written = [write(arg) for arg in args]
    function = step.function
    assert isinstance(function, Mapped | Builtin)
    if isinstance(function, Builtin) and function.name in ("pack", "unpack"):
        return written[0]
    return applied(function, written, [name for name, _ in statics])


def _target(tree: Tree, known: dict[Value, str], used: set[str], read: set[Value]) -> ast.expr:
    if isinstance(tree, Value):
        if tree not in read:
            return ast.Name(id=_fresh("unread", used) if "_" in used else "_")
        known[tree] = _fresh(tree.name, used)
        return ast.Name(id=known[tree])
    assert isinstance(tree, Node)
    return ast.Tuple(elts=[_target(child, known, used, read) for child in tree.children])


def _fresh(name: str, used: set[str]) -> str:
    """A name that nothing in the function has, numbered from 2 where it must be."""
    found = fresh(name, used)
    used.add(found)
    return found
