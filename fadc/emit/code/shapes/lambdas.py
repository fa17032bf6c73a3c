"""The shapes of lambdas: a body that breaks has parentheses of its own.

lambda x: (
    first_term + second_term
)
"""

from __future__ import annotations

import io
import tokenize
from typing import Any

import libcst as cst

from fadc.emit.code.documents import (
    Indent,
    Line,
    Mark,
    Variants,
    brackets,
    group,
    is_forced,
)
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    code,
    has_comments_in_parentheses,
    in_own_parentheses,
    is_parenthesized,
    parenthesize,
    parenthesized_if_broken,
    shape,
    without_parentheses,
)
from fadc.emit.code.shapes.breaking import has_own_brackets
from fadc.emit.code.shapes.optional import Need, needed
from fadc.emit.code.shapes.parameters import flat_parameters


@bare.register
def _(node: cst.Lambda, level: Mark) -> Shape:
    return lambda_shape(node, level)


def lambda_shape(node: cst.Lambda, level: Mark, assigned: bool = False) -> Shape:
    """``lambda x: body``: the parameters stay on the line, a body that breaks has parentheses."""
    node = _with_comments_in_body(node)
    params = flat_parameters(node.params)
    head = f"lambda {code(params)}: " if code(params) else "lambda: "
    body = _body(node, level)
    document = brackets(body.document) if assigned else body.document

    def build(at: Decisions) -> Any:
        after = ONE_SPACE if code(params) else NO_SPACE
        colon = cst.Colon(NO_SPACE, ONE_SPACE)
        changes = {"params": params, "whitespace_after_lambda": after, "colon": colon}
        return without_parentheses(node).with_changes(body=body.build(at), **changes)

    return Shape((head, document), build)


def _with_comments_in_body(node: cst.Lambda) -> cst.Lambda:
    """A lambda whose comments before the body move into the body's parentheses.

    lambda x:  # twice        lambda x: (
        2 * x             →       # twice
                                  2 * x
                              )
    """
    head = code(without_parentheses(node).with_changes(body=_NOTHING))
    if "#" not in head:
        return node
    tokens = tokenize.generate_tokens(io.StringIO(f"({head}\n)").readline)
    comments = [each.string for each in tokens if each.type == tokenize.COMMENT]
    lines = [cst.EmptyLine(comment=cst.Comment(each)) for each in comments]
    opening = cst.LeftParen(cst.ParenthesizedWhitespace(empty_lines=lines, indent=True))
    body = node.body
    lpar, rpar = [opening, *body.lpar], [*body.rpar, cst.RightParen()]
    return node.with_changes(
        params=flat_parameters(node.params),
        colon=cst.Colon(NO_SPACE, ONE_SPACE),
        body=body.with_changes(lpar=lpar, rpar=rpar),
    )


_NOTHING = cst.Name("_")


def _body(node: cst.Lambda, level: Mark) -> Shape:
    body = node.body
    if has_comments_in_parentheses(body) and is_parenthesized(body):
        return in_own_parentheses(body, level)
    need = needed(body, node)
    if need is Need.ALWAYS:
        return in_own_parentheses(body, level)
    if need is not Need.BROKEN:
        if isinstance(body, cst.Call | cst.Subscript):
            return _called_body(body, level)
        if has_own_brackets(body):
            return shape(body, level)
    return parenthesized_if_broken(bare(body, INSIDE), Mark())


def _called_body(body: Any, level: Mark) -> Shape:
    """A call breaks in its brackets if these begin on the line; otherwise it gets parentheses."""
    content = bare(body, level)
    opening, closing = Line("", hard=True), Line("", hard=True)
    flat, broken = content.document, group(content.document, forced=True)
    last = ("(", Indent((opening, flat)), closing, ")")
    document = Variants((flat, broken, last))

    def build(at: Decisions) -> Any:
        made = content.build(at)
        return parenthesize(made, at, opening, closing) if at.chosen.get(document) == 2 else made

    return Shape((_MUST_BREAK, document) if is_forced(flat) else document, build)


_MUST_BREAK = group((), forced=True)
