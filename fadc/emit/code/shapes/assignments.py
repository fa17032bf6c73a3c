"""The shapes of assignments: the value breaks first, then the target.

a, b = (
    value
)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Indent, Line, Mark, Variants, group, is_forced
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    BARE,
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    has_comments_in_parentheses,
    is_parenthesized,
    parenthesize,
    parenthesized_if_broken,
    shape,
)
from fadc.emit.code.shapes.breaking import has_brackets, has_own_brackets
from fadc.emit.code.shapes.elements import elements
from fadc.emit.code.shapes.lambdas import lambda_shape
from fadc.emit.code.shapes.optional import Need, if_broken, needed, optional


def value_of(node: Any, statement: Any) -> Shape:
    """The value of a statement: a lambda breaks in its body rather than get parentheses."""
    if isinstance(node, cst.Lambda) and not has_comments_in_parentheses(node):
        return parenthesized_if_broken(lambda_shape(node, INSIDE, assigned=True), Mark())
    return optional(node, statement)


def after_target(target: Any, operator: str, value: Any, statement: Any) -> Shape:
    """``target = value`` with a target that may break; builds both."""
    left = _last_target(target)
    if not _fits_best(value, statement) or has_comments_in_parentheses(value):
        right = value_of(value, statement)
        document: Document = (left.document, operator, right.document)
        return Shape(document, lambda at: (left.build(at), right.build(at)))
    right = bare(value, BARE)
    if is_forced(left.document):
        document = (left.document, operator, right.document)
        return Shape(document, lambda at: (left.build(at), right.build(at)))
    return _best(left, operator, right, isinstance(value, cst.Attribute | cst.Call | cst.Subscript))


def _fits_best(node: Any, statement: Any) -> bool:
    kinds = cst.Attribute | cst.Call | cst.Subscript | cst.Name | cst.BaseNumber | cst.BaseString
    return isinstance(node, kinds) and needed(node, statement) is Need.FITTING


def _best(left: Shape, operator: str, right: Shape, has_brackets: bool) -> Shape:
    """The first that fits: one line, the value broken, it in parentheses, the target broken."""
    opening, closing = Line(""), Line("")
    start = (left.document, operator)
    inside = group((Indent((opening, right.document)), closing), forced=True)
    variants: list[Document] = [(start, right.document)]
    variants += [(start, group(right.document, forced=True))] * has_brackets
    parenthesized = len(variants)
    variants += [(start, "(", inside, ")")]
    variants += [(group(left.document, forced=True), operator, right.document)]
    document = Variants(tuple(variants))

    def build(at: Decisions) -> tuple[Any, Any]:
        made = right.build(at)
        if at.chosen.get(document) == parenthesized:
            made = parenthesize(made, at, opening, closing)
        return left.build(at), made

    return Shape(document, build)


def _last_target(node: Any) -> Shape:
    """The target before the last operator, or an annotation."""
    if has_comments_in_parentheses(node) and is_parenthesized(node):
        return shape(node, BARE)
    if isinstance(node, cst.Tuple) or has_own_brackets(node) or _ends_with_brackets(node):
        return bare(node, BARE)
    return if_broken(node)


def _ends_with_brackets(node: Any) -> bool:
    if isinstance(node, cst.Attribute):
        return (
            has_brackets(node.value)
            or has_own_brackets(node.value)
            or _ends_with_brackets(node.value)
        )
    return isinstance(node, cst.Subscript) or (isinstance(node, cst.Call) and bool(node.args))


# Statements ------------------------------------------------------------------------------------


@bare.register
def _(node: cst.Assign, level: Mark) -> Shape:
    """``a = b = value``."""
    first, *rest = [each.target for each in node.targets]
    before = [shape(first, BARE)] if rest or not _breaks_alone(first) else []
    before += [_middle_target(each) for each in rest[:-1]]
    last = rest[-1] if rest else None if before else first
    return _assigned(node, before, last)


def _breaks_alone(node: Any) -> bool:
    is_own = isinstance(node, cst.Tuple) or has_own_brackets(node)
    return is_own and not is_parenthesized(node)


def _middle_target(node: Any) -> Shape:
    if isinstance(node, cst.Tuple) or has_own_brackets(node) or _ends_with_brackets(node):
        return bare(node, BARE)
    return parenthesized_if_broken(bare(node, INSIDE), Mark())


def _assigned(node: cst.Assign, before: Sequence[Shape], last: Any) -> Shape:
    if last is None:
        end = value_of(node.value, node)
    else:
        end = after_target(last, " = ", node.value, node)
    parts: list[Document] = [part for each in before for part in (each.document, " = ")]

    def build(at: Decisions) -> cst.Assign:
        made = [each.build(at) for each in before]
        value = end.build(at)
        if last is not None:
            target, value = value
            made.append(target)
        return node.with_changes(targets=[_target(each) for each in made], value=value)

    return Shape((*parts, end.document), build)


def _target(node: Any) -> cst.AssignTarget:
    return cst.AssignTarget(node, ONE_SPACE, ONE_SPACE)


@bare.register
def _(node: cst.AugAssign, level: Mark) -> Shape:
    """``target += value``."""
    operator = node.operator.with_changes(whitespace_before=ONE_SPACE, whitespace_after=ONE_SPACE)
    text = f" {cst.Module([]).code_for_node(operator).strip()} "
    if _breaks_alone(node.target):
        pair = after_target(node.target, text, node.value, node)
    else:
        target, value = shape(node.target, BARE), value_of(node.value, node)
        pair = Shape(
            (target.document, text, value.document), lambda at: (target.build(at), value.build(at))
        )

    def build(at: Decisions) -> cst.AugAssign:
        made, right = pair.build(at)
        return node.with_changes(target=made, operator=operator, value=right)

    return Shape(pair.document, build)


@bare.register
def _(node: cst.AnnAssign, level: Mark) -> Shape:
    """``target: annotation = value``."""
    target, annotation = shape(node.target, BARE), node.annotation.annotation
    pair = _annotated(node, annotation)

    def build(at: Decisions) -> cst.AnnAssign:
        made, value = pair.build(at)
        kept = node.annotation.with_changes(
            annotation=made,
            whitespace_before_indicator=NO_SPACE,
            whitespace_after_indicator=ONE_SPACE,
        )
        equal = cst.AssignEqual(ONE_SPACE, ONE_SPACE) if value else cst.MaybeSentinel.DEFAULT
        return node.with_changes(target=target.build(at), annotation=kept, value=value, equal=equal)

    return Shape((target.document, ": ", pair.document), build)


def _annotated(node: cst.AnnAssign, annotation: Any) -> Shape:
    """The annotation and the value."""
    if node.value is None:
        only = value_of(annotation, node)
        return Shape(only.document, lambda at: (only.build(at), None))
    if _is_splittable(annotation):
        return after_target(annotation, " = ", node.value, node)
    left, right = bare(annotation, BARE), value_of(node.value, node)
    document = (left.document, " = ", right.document)
    return Shape(document, lambda at: (left.build(at), right.build(at)))


def _is_splittable(node: Any) -> bool:
    """Whether lines may break in an annotation."""
    match node:
        case cst.Attribute(value=value):
            return is_parenthesized(value) or _is_splittable(value)
        case cst.UnaryOperation(expression=operand):
            return _is_splittable(operand)
        case cst.Call(args=args, func=function):
            return bool(args) or is_parenthesized(function)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return bool(elements)
    plain = cst.Name | cst.BaseNumber | cst.SimpleString | cst.FormattedString | cst.Ellipsis
    return not isinstance(node, plain | cst.NamedExpr)


# Targets of loops ------------------------------------------------------------------------------


def loop_target(node: Any) -> Shape:
    """The target of a ``for`` statement; a tuple of several without its parentheses."""
    if isinstance(node, cst.Tuple) and len(node.elements) > 1:
        mark = Mark()
        return parenthesized_if_broken(tuple_content(node, mark), mark)
    return optional(node, None)


def tuple_content(node: cst.Tuple, mark: Mark) -> Shape:
    """A tuple without parentheses, whose commas depend on the group ``mark``."""
    content = elements(node.elements, mark, level=mark)
    return Shape(
        content.document,
        lambda at: node.with_changes(elements=content.build(at), lpar=(), rpar=()),
    )
