"""Expressions of local functions: from syntax to facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from fadc.lint import library, signs
from fadc.lint.calls import evaluate_call
from fadc.lint.decisions import decide, is_text, of_text, tests_type
from fadc.lint.facts import (
    STATIC,
    UNKNOWN,
    Fact,
    Kind,
    Sign,
    combined,
    cut,
    display,
    element,
    iterated,
    join,
    join_all,
    part_of,
    whole,
)
from fadc.lint.frame import STEPS, CallFrame
from fadc.lint.functions import Library, Method, OwnFunction
from fadc.lint.gradients import singular, zero_gradient
from fadc.lint.targets import bind

_ONLY_ARRAYS = ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.Mod | ast.FloorDiv
"""Operators that containers do not have."""

_IDENTITY = ast.Is | ast.IsNot | ast.In | ast.NotIn


def evaluate(frame: CallFrame, node: ast.expr) -> Fact:
    """The fact of an expression; errors in it are reported on the way."""
    frame.session.steps += 1
    if frame.session.steps > STEPS:
        return UNKNOWN
    match node:
        case ast.Constant(value=value):
            return Fact(Kind.STATIC, sign=signs.of_constant(value))
        case ast.Name():
            return frame.look_up(node)
        case ast.Attribute():
            return _attribute(frame, node)
        case ast.Subscript():
            return _subscript(frame, node)
        case ast.BinOp():
            return _operator(frame, node, evaluate(frame, node.left), evaluate(frame, node.right))
        case ast.UnaryOp():
            return _unary(frame, node)
        case ast.BoolOp():
            return _boolean(frame, node)
        case ast.Compare():
            return _comparison(frame, node)
        case ast.IfExp():
            decide(frame, node.test, evaluate(frame, node.test), "a conditional expression")
            arms = frame.silent() if tests_type(node.test) else frame
            return join(evaluate(arms, node.body), evaluate(arms, node.orelse))
        case ast.Call():
            return evaluate_call(frame, node)
        case ast.Lambda():
            return Fact(Kind.STATIC, function=OwnFunction(node, frame))
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return display(list(_elements(frame, elements)))
        case ast.Dict():
            return _dict(frame, node)
    return _other(frame, node)


def _other(frame: CallFrame, node: ast.expr) -> Fact:
    match node:
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(frame, node)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            frame.names[name] = evaluate(frame, value)
            return frame.names[name]
        case ast.JoinedStr(values=values):
            return of_text(frame, list(_fields(frame, values)), "an f-string", node)
        case ast.Starred(value=value):
            return evaluate(frame, value)
        case ast.Slice():
            bounds = (part for part in (node.lower, node.upper, node.step) if part)
            return combined([evaluate(frame, part) for part in bounds])
    return UNKNOWN


def _fields(frame: CallFrame, values: list[ast.expr]) -> Iterator[Fact]:
    """The values in an f-string."""
    for value in values:
        if isinstance(value, ast.FormattedValue):
            yield evaluate(frame, value.value)
            if isinstance(value.format_spec, ast.JoinedStr):
                yield from _fields(frame, value.format_spec.values)


def _dict(frame: CallFrame, node: ast.Dict) -> Fact:
    values = [evaluate(frame, value) for value in node.values]
    known: dict[object, Fact] = {}
    for key, fact in zip(node.keys, values, strict=True):
        if key is None and fact.keys and fact.parts is not None:
            known.update(zip(fact.keys, fact.parts, strict=True))
        else:
            known[key.value if isinstance(key, ast.Constant) else key] = fact
    names = tuple(key for key in known if isinstance(key, str))
    found = display(list(known.values()), names)
    return found if len(names) == len(known) else whole(found)


def _elements(frame: CallFrame, elements: list[ast.expr]) -> list[Fact]:
    """The elements of a display; starred ones are unpacked if known."""
    found: list[Fact] = []
    for node in elements:
        fact = evaluate(frame, node)
        if isinstance(node, ast.Starred):
            found += fact.parts if fact.parts is not None else [element(fact), element(fact)]
        else:
            found.append(fact)
    return found


def _attribute(frame: CallFrame, node: ast.Attribute) -> Fact:
    dotted = frame.dotted(node)
    if dotted is not None:
        sign = Sign.POSITIVE if dotted in ("jax.numpy.pi", "math.pi", "numpy.pi") else Sign.ANY
        return Fact(Kind.STATIC, sign=sign, function=Library(dotted))
    base = evaluate(frame, node.value)
    if node.attr in library.STATIC_ATTRIBUTES:
        return STATIC if base.traced or base.kind is Kind.STATIC else UNKNOWN
    if base.kind is Kind.ARRAY and node.attr in library.ARRAY_ATTRIBUTES:
        return replace(base, sign=Sign.ANY)
    kind = Kind.UNKNOWN if base.kind is Kind.ARRAY else base.kind
    method = Method(base, node.attr)
    return replace(base, kind=kind, sign=Sign.ANY, parts=None, function=method)


def _subscript(frame: CallFrame, node: ast.Subscript) -> Fact:
    base, index = evaluate(frame, node.value), evaluate(frame, node.slice)
    if base.parts is not None and isinstance(node.slice, ast.Constant):
        part = part_of(base, node.slice.value)
        if part is not None:
            return part
    if base.kind is Kind.STATIC and index.traced:
        return combined([Fact(Kind.UNKNOWN), replace(index, active=frozenset())])
    return replace(element(base), shared=base.shared and index.shared)


def _operator(frame: CallFrame, node: ast.BinOp, left: Fact, right: Fact) -> Fact:
    return operate(frame, node, node, left, right)


def operate(frame: CallFrame, where: ast.expr, node: ast.BinOp, left: Fact, right: Fact) -> Fact:
    """The fact of ``left op right``; reports are placed at ``where``."""
    if isinstance(node.op, ast.Mod) and is_text(node.left):
        return of_text(frame, [right], "`%`", where)
    kind = None
    if Kind.TREE in (left.kind, right.kind):
        kind = Kind.ARRAY if isinstance(node.op, _ONLY_ARRAYS) else Kind.TREE
        kind = Kind.ARRAY if Kind.ARRAY in (left.kind, right.kind) else kind
    scaling = isinstance(node.op, ast.Mult | ast.Div)
    fact = combined((left, right), kind, signs.of_operator(node, left, right), noisy=scaling)
    if isinstance(node.op, ast.FloorDiv):
        return cut((left, right), zero_gradient(frame, where, "`//`"))
    if isinstance(node.op, ast.Add | ast.Sub):
        _hide(frame, left, right)
    root = isinstance(node.op, ast.Pow) and _is_fraction(node.right) and left.active
    divides = isinstance(node.op, ast.Div) and right.traced and fact.active
    if root and left.sign is not Sign.POSITIVE:
        return singular(frame, where, fact, node.left)
    if divides and right.sign is Sign.NONNEGATIVE:
        return singular(frame, where, fact, node.right)
    return fact


def _is_fraction(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value < 1


def _hide(frame: CallFrame, left: Fact, right: Fact) -> None:
    """Report shared noise that is added to a client's value."""
    for noise, value in ((left, right), (right, left)):
        if not value.shared and not frame.muted:
            for each in noise.noise:
                frame.session.found.setdefault((each.code, each.span), each)


def _unary(frame: CallFrame, node: ast.UnaryOp) -> Fact:
    fact = evaluate(frame, node.operand)
    if isinstance(node.op, ast.Not):
        decide(frame, node.operand, fact, "`not`")
        return STATIC if fact.kind in (Kind.STATIC, Kind.ARRAY) else UNKNOWN
    return replace(fact, sign=Sign.ANY, parts=None, function=None, borrowed=False)


def _boolean(frame: CallFrame, node: ast.BoolOp) -> Fact:
    facts = []
    word = "`and`" if isinstance(node.op, ast.And) else "`or`"
    for number, value in enumerate(node.values, 1):
        facts.append(evaluate(frame, value))
        if number < len(node.values):
            decide(frame, value, facts[-1], word)
        if tests_type(value):
            frame = frame.silent()
    return join_all(facts)


def _comparison(frame: CallFrame, node: ast.Compare) -> Fact:
    operands = [evaluate(frame, each) for each in (node.left, *node.comparators)]
    if all(isinstance(op, _IDENTITY) for op in node.ops):
        return STATIC
    kinds = {fact.kind for fact in operands}
    if kinds <= {Kind.STATIC}:
        return STATIC
    ordered = all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
    if Kind.ARRAY not in kinds and not (ordered and Kind.TREE in kinds):
        return replace(cut(operands), kind=Kind.UNKNOWN)
    found = replace(cut(operands), kind=Kind.ARRAY)
    if len(node.ops) > 1:
        decide(frame, node, found, "a chained comparison")
    return found


def _comprehension(
    frame: CallFrame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
) -> Fact:
    inner = frame.inner(frame.label, {})
    for generator in node.generators:
        bind(inner, generator.target, iterated(evaluate(inner, generator.iter)))
        for condition in generator.ifs:
            decide(inner, condition, evaluate(inner, condition), "a comprehension")
    if isinstance(node, ast.DictComp):
        evaluate(inner, node.key)
        return whole(display([evaluate(inner, node.value)]))
    item = evaluate(inner, node.elt)
    found = display([item])
    return found if item.parts is not None else whole(found)
