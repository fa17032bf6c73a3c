"""Statements of local functions, in the order of the text; both sides of every branch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from fadc.syntax.local import effects, library
from fadc.syntax.local.decisions import decide, tests_type
from fadc.syntax.local.facts import STATIC, UNKNOWN, Fact, Kind, element, iterated, join, join_all
from fadc.syntax.local.frame import ITERATIONS, Frame
from fadc.syntax.local.functions import Closure, Library, Partial


def run(frame: Frame, node: ast.Lambda | ast.FunctionDef) -> Fact:
    """Reads the body of a function; what is known of its result."""
    from fadc.syntax.local.expressions import evaluate

    if isinstance(node, ast.Lambda):
        return evaluate(frame, node.body)
    run_block(frame, node.body)
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        return UNKNOWN
    return join_all(frame.returned)


def run_block(frame: Frame, statements: Sequence[ast.stmt]) -> None:
    """Reads statements in order."""
    for statement in statements:
        _run(frame, statement)


def _run(frame: Frame, node: ast.stmt) -> None:
    from fadc.syntax.local.calls import evaluate_call
    from fadc.syntax.local.expressions import evaluate

    match node:
        case ast.Return(value=value):
            frame.returned.append(STATIC if value is None else evaluate(frame, value))
        case ast.Assign(targets=targets, value=value):
            fact = evaluate(frame, value)
            for target in targets:
                bind(frame, target, fact)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            bind(frame, target, evaluate(frame, value))
        case ast.AugAssign():
            _augment(frame, node)
        case ast.Expr(value=ast.Call() as value):
            evaluate_call(frame, value, discarded=True)
        case ast.Expr(value=value):
            evaluate(frame, value)
        case ast.If():
            _choose(frame, node)
        case ast.For(target=target, iter=iterable):
            fact = evaluate(frame, iterable)
            _repeat(frame, node, (target, iterated(fact)))
        case ast.While(test=test):
            decide(frame, test, evaluate(frame, test), "a `while` loop")
            _repeat(frame, node)
        case _:
            _run_rare(frame, node)


def _run_rare(frame: Frame, node: ast.stmt) -> None:
    from fadc.syntax.local.expressions import evaluate

    match node:
        case ast.With(items=items, body=body):
            for item in items:
                fact = evaluate(frame, item.context_expr)
                if item.optional_vars is not None:
                    bind(frame, item.optional_vars, replace(fact, function=None))
            run_block(frame, body)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            # What is tried may fail, and be caught, where the value is traced.
            run_block(frame.silent(), body)
            for handler in handlers:
                run_block(frame.silent(), handler.body)
            run_block(frame.silent(), orelse)
            run_block(frame, final)
        case ast.Assert(test=test):
            decide(frame, test, evaluate(frame, test), "`assert`")
        case ast.Match(subject=subject, cases=cases):
            decide(frame, subject, evaluate(frame, subject), "`match`")
            for case in cases:
                run_block(frame.silent(), case.body)
        case ast.FunctionDef(name=name):
            frame.names[name] = define(frame, node)
        case ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            frame.names[name] = UNKNOWN
        case ast.Global(names=names):
            effects.refuse_global_statement(frame, node, names)
        case ast.Delete(targets=targets):
            for target in targets:
                effects.refuse_mutation(frame, target, node)
        case ast.Import() | ast.ImportFrom():
            _import(frame, node)


def bind(frame: Frame, target: ast.expr, fact: Fact) -> None:
    """Bind what is assigned; what is changed in place is reported."""
    match target:
        case ast.Name(id=name):
            frame.names[name] = fact
        case ast.Starred(value=value):
            bind(frame, value, replace(element(fact), parts=None))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            known = fact.parts if fact.parts and len(fact.parts) == len(elements) else None
            if any(isinstance(each, ast.Starred) for each in elements):
                known = None
            for index, each in enumerate(elements):
                bind(frame, each, known[index] if known else element(fact))
        case ast.Subscript() | ast.Attribute():
            effects.refuse_mutation(frame, target, target)


def _augment(frame: Frame, node: ast.AugAssign) -> None:
    from fadc.syntax.local.expressions import evaluate, operate

    value = evaluate(frame, node.value)
    if not isinstance(node.target, ast.Name):
        effects.refuse_mutation(frame, node.target, node)
        return
    left = frame.look_up(node.target)
    name = ast.copy_location(ast.Name(id=node.target.id, ctx=ast.Load()), node.target)
    whole = ast.copy_location(ast.BinOp(left=name, op=node.op, right=node.value), node)
    frame.names[node.target.id] = operate(frame, whole, whole, left, value)


def _choose(frame: Frame, node: ast.If) -> None:
    from fadc.syntax.local.expressions import evaluate

    decide(frame, node.test, evaluate(frame, node.test), "an `if`")
    arms = frame.silent() if tests_type(node.test) else frame
    before = dict(frame.names)
    run_block(arms, node.body)
    after = dict(frame.names)
    frame.names.clear()
    frame.names.update(before)
    run_block(arms, node.orelse)
    for name, fact in after.items():
        known = frame.names.get(name)
        frame.names[name] = fact if known is None else join(known, fact)


def _repeat(
    frame: Frame, node: ast.For | ast.While, item: tuple[ast.expr, Fact] | None = None
) -> None:
    """Reads a loop's body until nothing new is known of the names it changes."""
    for _ in range(ITERATIONS):
        before = dict(frame.names)
        if item is not None:
            bind(frame, *item)
        run_block(frame, node.body)
        for name, fact in before.items():
            frame.names[name] = join(fact, frame.names.get(name, fact))
        if frame.names == before:
            break
    run_block(frame, node.orelse)


def define(frame: Frame, node: ast.FunctionDef) -> Fact:
    """A function that is defined inside a function."""
    closure = Closure(node, frame, rule_of(frame, node))
    return Fact(Kind.STATIC, function=closure)


def rule_of(frame: Frame, node: ast.FunctionDef) -> str | None:
    """The decorator that gives the function a derivative of its own."""
    from fadc.syntax.local.expressions import evaluate

    running = frame.session.running
    for decorator in node.decorator_list:
        if decorator in running:  # `@f.register` above another `f` leads to itself.
            continue
        running.append(decorator)
        try:
            function = evaluate(frame.silent(), decorator).function
        finally:
            running.pop()
        if isinstance(function, Partial):
            function = function.function
        if isinstance(function, Library) and function.name in library.OPAQUE:
            return function.name
    return None


def _import(frame: Frame, node: ast.Import | ast.ImportFrom) -> None:
    prefix = "" if isinstance(node, ast.Import) else "." * node.level + (node.module or "") + "."
    for alias in node.names:
        local = alias.asname or alias.name.split(".")[0]
        dotted = prefix + (alias.name if alias.asname or prefix else local)
        frame.names[local] = Fact(Kind.STATIC, function=Library(dotted))
