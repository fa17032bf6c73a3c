"""Statements of local functions, in the order of the text, with both arms of every branch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from fadc.lint import effects
from fadc.lint.calls import evaluate_call
from fadc.lint.decisions import decide, tests_type
from fadc.lint.expressions import operate
from fadc.lint.facts import STATIC, UNKNOWN, Fact, Kind, element, join, join_all
from fadc.lint.frame import ITERATIONS, CallFrame
from fadc.lint.functions import Library
from fadc.lint.targets import bind


def run(frame: CallFrame, node: ast.Lambda | ast.FunctionDef) -> Fact:
    """Reads the body of a function; returns the fact of its result."""
    if isinstance(node, ast.Lambda):
        return frame.evaluate(node.body)
    run_block(frame, node.body)
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        return UNKNOWN
    return join_all(frame.returned)


def run_block(frame: CallFrame, statements: Sequence[ast.stmt]) -> None:
    """Reads statements in order."""
    for statement in statements:
        _run(frame, statement)


def _run(frame: CallFrame, node: ast.stmt) -> None:
    match node:
        case ast.Return(value=value):
            frame.returned.append(STATIC if value is None else frame.evaluate(value))
        case ast.Assign(targets=targets, value=value):
            fact = frame.evaluate(value)
            for target in targets:
                bind(frame, target, fact)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            bind(frame, target, frame.evaluate(value))
        case ast.AugAssign():
            _augment(frame, node)
        case ast.Expr(value=ast.Call() as value):
            evaluate_call(frame, value, discarded=True)
        case ast.Expr(value=value):
            frame.evaluate(value)
        case ast.If():
            _choose(frame, node)
        case ast.For(target=target, iter=iterable):
            fact = frame.evaluate(iterable)
            _repeat(frame, node, (target, element(fact)))
        case ast.While(test=test):
            decide(frame, test, frame.evaluate(test), "a `while` loop")
            _repeat(frame, node)
        case _:
            _run_rare(frame, node)


def _run_rare(frame: CallFrame, node: ast.stmt) -> None:
    match node:
        case ast.With(items=items, body=body):
            for item in items:
                fact = frame.evaluate(item.context_expr)
                if item.optional_vars is not None:
                    bind(frame, item.optional_vars, replace(fact, function=None))
            run_block(frame, body)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            # In a `try` block, code may fail on a traced value and be caught.
            run_block(frame.silent(), body)
            for handler in handlers:
                run_block(frame.silent(), handler.body)
            run_block(frame.silent(), orelse)
            run_block(frame, final)
        case ast.Assert(test=test):
            decide(frame, test, frame.evaluate(test), "`assert`")
        case ast.Match(subject=subject, cases=cases):
            decide(frame, subject, frame.evaluate(subject), "`match`")
            for case in cases:
                run_block(frame.silent(), case.body)
        case ast.FunctionDef(name=name):
            frame.names[name] = frame.define(node)
        case ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            frame.names[name] = UNKNOWN
        case ast.Global(names=names):
            effects.refuse_global_statement(frame, node, names)
        case ast.Delete(targets=targets):
            for target in targets:
                effects.refuse_mutation(frame, target, node)
        case ast.Import() | ast.ImportFrom():
            _import(frame, node)


def _augment(frame: CallFrame, node: ast.AugAssign) -> None:
    value = frame.evaluate(node.value)
    if not isinstance(node.target, ast.Name):
        effects.refuse_mutation(frame, node.target, node)
        return
    left = frame.look_up(node.target)
    name = ast.copy_location(ast.Name(id=node.target.id, ctx=ast.Load()), node.target)
    whole = ast.copy_location(ast.BinOp(left=name, op=node.op, right=node.value), node)
    frame.names[node.target.id] = operate(frame, whole, whole, left, value)


def _choose(frame: CallFrame, node: ast.If) -> None:
    decide(frame, node.test, frame.evaluate(node.test), "an `if`")
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
    frame: CallFrame, node: ast.For | ast.While, item: tuple[ast.expr, Fact] | None = None
) -> None:
    """Reads a loop's body until the facts of the names that it changes are stable."""
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


def _import(frame: CallFrame, node: ast.Import | ast.ImportFrom) -> None:
    prefix = "" if isinstance(node, ast.Import) else "." * node.level + (node.module or "") + "."
    for alias in node.names:
        local = alias.asname or alias.name.split(".")[0]
        dotted = prefix + (alias.name if alias.asname or prefix else local)
        frame.names[local] = Fact(Kind.STATIC, function=Library(dotted))
