"""Lays out code as ruff does: ``ruff format --line-length 100`` leaves the output unchanged.

Statements that fit on one line are printed as they are; only longer ones, and those with comments
or magic trailing commas, are laid out.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import libcst as cst

from fadc.emit.code.documents import Line, comment_width, width
from fadc.emit.code.printer import INDENT, NO_LIMIT, WIDTH, decide
from fadc.emit.code.shapes.base import BARE, Shape, bare, code, shape
from fadc.emit.code.shapes.optional import Style, optional

_EMPTY: Final = cst.SimpleStatementSuite([cst.Pass()])
_MAGIC = re.compile(r",\s*[)\]}]|[\"'] [a-zA-Z]{0,2}[\"']")
"""Magic trailing commas, and adjacent strings, which may become one."""


def render(node: cst.Module | Sequence[Any]) -> str:
    """The text of a module, or of statements."""
    module = node if isinstance(node, cst.Module) else cst.Module(list(node))
    body = [laid_out(each, 0) for each in module.body]
    return module.with_changes(body=body).code


def tidy(node: Any) -> Any:
    """An expression on one line, except for its comments and magic trailing commas."""
    made = shape(node, BARE)
    tidied = made.build(decide(made.document, limit=NO_LIMIT))
    return tidied if _comments(tidied) == _comments(node) else node


def on_one_line(node: Any) -> str:
    """A simple statement, or a compound one without its suite, on one line of any length."""
    [small] = node.body if isinstance(node, cst.SimpleStatementLine) else [_header(node)]
    made = bare(small, BARE)
    return code(made.build(decide(made.document, limit=NO_LIMIT))).removesuffix(" pass\n")


def _header(node: Any) -> Any:
    """A compound statement without its suite."""
    return node.with_changes(body=_EMPTY)


def laid_out(node: Any, indent: int) -> Any:
    """A statement with line breaks such that its lines fit."""
    if isinstance(node, cst.SimpleStatementLine):
        return _simple(node, indent)
    return _compound(node, indent) if isinstance(node, cst.BaseCompoundStatement) else node


def _simple(node: cst.SimpleStatementLine, indent: int) -> cst.SimpleStatementLine:
    if len(node.body) != 1:
        return node
    [small] = node.body
    text, around = code(small), _Around(comment=_value(node.trailing_whitespace))
    made = Printed(text) if _fits(text, indent, around) else _broken(small, text, indent, around)
    return node.with_changes(body=[made])


@dataclass(frozen=True)
class Printed(cst.BaseSmallStatement):
    """A statement whose text is known already."""

    text: str
    semicolon: cst.Semicolon | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT

    def _visit_and_replace_children(self, visitor: cst.CSTVisitorT) -> Printed:
        return self

    def _codegen_impl(self, state: Any, default_semicolon: bool = False) -> None:
        state.add_token(self.text)


@dataclass(frozen=True)
class _Around:
    """The rest of a statement's line: the text before and after it, and a comment."""

    before: str = ""
    behind: str = ""
    comment: str = ""


def _value(space: cst.TrailingWhitespace) -> str:
    return space.comment.value if space.comment else ""


def _fits(text: str, indent: int, around: _Around) -> bool:
    columns = indent + sum(map(width, (around.before, text, around.behind)))
    on_page = columns + comment_width(around.comment) <= WIDTH
    return on_page and "\n" not in text and not _MAGIC.search(text)


def _broken(
    node: Any, text: str, indent: int, around: _Around, document: Shape | None = None
) -> Any:
    """A statement, or the first line of one, with the line breaks that it needs."""
    made = document or bare(node, BARE)
    end = Line("", behind=around.comment, hard=True)
    whole = (around.before, made.document, around.behind, end)
    laid = made.build(decide(whole, indent))
    return laid if "#" not in text or _comments(laid) == _comments(node) else node


def _comments(node: cst.CSTNode) -> list[str]:
    """The comments in code, to check that none is lost."""
    text = code(node)
    if "#" not in text:
        return []
    tokens = tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline)
    return ["".join(each.string.split()) for each in tokens if each.type == tokenize.COMMENT]


# Compound statements ---------------------------------------------------------------------------

_SUITES: Final = ("orelse", "handlers", "cases", "finalbody")
_AROUND: Final = (*_SUITES, "leading_lines", "decorators", "lines_after_decorators")


def _compound(node: Any, indent: int, before: str = "") -> Any:
    """A compound statement: its first line, its decorators and its suites."""
    changes = {"body": _suite(node.body, indent)} if hasattr(node, "body") else {}
    for field in _AROUND:
        if (value := getattr(node, field, None)) is not None:
            changes[field] = _part(field, value, indent)
    if not isinstance(node, _WITH_FIRST_LINE):
        return node.with_changes(**changes)
    absent = {field: None if field == "orelse" else () for field in changes if field != "body"}
    head = node.with_changes(**absent, body=_EMPTY)
    text, around = code(head).removesuffix(" pass\n"), _with_suite(before, node.body)
    if not _fits(text, indent, around):
        head = _broken(head, text, indent, around)
    return head.with_changes(**changes)


def _with_suite(before: str, suite: Any) -> _Around:
    """The first line of a compound statement, including its suite if that is on the same line."""
    if isinstance(suite, cst.IndentedBlock):
        return _Around(before, comment=_value(suite.header))
    bare_suite = suite.with_changes(trailing_whitespace=cst.TrailingWhitespace())
    return _Around(before, code(bare_suite).rstrip("\n"), _value(suite.trailing_whitespace))


_WITH_FIRST_LINE = cst.For | cst.While | cst.If | cst.With | cst.FunctionDef | cst.ClassDef


def _part(field: str, value: Any, indent: int) -> Any:
    inner = indent + INDENT * (field == "cases")
    if field == "decorators":
        return [_decorator(each, indent) for each in value]
    if isinstance(value, cst.If):
        return _compound(value, indent, before="el")
    if isinstance(value, cst.CSTNode):
        return _compound(value, indent)
    return [_compound(each, inner) for each in value] if field in _SUITES else value


def _decorator(node: cst.Decorator, indent: int) -> cst.Decorator:
    text, around = code(node.decorator), _Around("@", comment=_value(node.trailing_whitespace))
    if _fits(text, indent, around):
        return node
    made = optional(node.decorator, node, style=Style.KEPT)
    laid = _broken(node.decorator, text, indent, around, made)
    return node.with_changes(decorator=laid)


def _suite(node: Any, indent: int) -> Any:
    if not isinstance(node, cst.IndentedBlock):
        return node
    return node.with_changes(body=[laid_out(each, indent + INDENT) for each in node.body])
