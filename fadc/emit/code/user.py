"""The code of users as nodes: with its comments, and to be put into other code.

The caller has parsed the text by ``ast`` before, and refused what nests too deeply: libcst's own
parser takes time that grows with the square of the depth, and crashes at some thousands.
"""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

from fadc.emit.code.layout import on_one_line, render, tidy
from fadc.emit.code.scopes import free_names
from fadc.emit.code.shapes.base import code
from fadc.emit.code.shapes.spaces import has_comment
from fadc.emit.code.spelling import without_comments
from fadc.emit.code.substitution import substitute

__all__ = ["free_names", "parse_user", "substitute"]


def parse_user(source: str) -> Any:
    """The expression that a text is, on one line but for comments and commas that break lines.

    Parentheses around all of it are dropped, unless comments stand in them or it is a tuple:

    (a + b)  →  a + b      a, b  →  (a, b)
    """
    made = tidy(outer_parentheses_dropped(cst.parse_expression(f"({source}\n)")))
    return outer_parentheses_dropped(made) if "#" in source else made


def outer_parentheses_dropped(node: Any) -> Any:
    """A node without parentheses that neither comments nor tuples need."""
    own = isinstance(node, cst.Tuple | cst.GeneratorExp)
    pairs = list(zip(node.lpar, reversed(node.rpar), strict=True))
    inner = len(pairs) - own
    kept = [pair for pair in pairs[:inner] if _has_comment(*pair)]
    bare = _with_pairs(node, kept + pairs[inner:])
    return bare if kept or not pairs[:inner] or _stands(bare) else _with_pairs(node, pairs[-1:])


def _with_pairs(node: Any, pairs: list[tuple[cst.LeftParen, cst.RightParen]]) -> Any:
    """A node in some pairs of parentheses, the outermost first."""
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in reversed(pairs)]
    return node.with_changes(lpar=left, rpar=right)


def _stands(node: Any) -> bool:
    """Whether no comment in an expression needs parentheses around it."""
    text = code(node)
    if "#" not in text:
        return True
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _has_comment(left: cst.LeftParen, right: cst.RightParen) -> bool:
    return has_comment(left.whitespace_after, right.whitespace_before)


# Statements ------------------------------------------------------------------------------------


def laid_out_statement(text: str) -> str:
    """A statement, on as many lines as it takes."""
    return render([cst.parse_statement(text)]).rstrip("\n")


def statement_on_one_line(text: str, compound: bool) -> str:
    """A statement without its comments, or what stands before the colon of a ``compound`` one, and that."""
    parsed = cst.parse_statement(without_comments(text) + ": pass" * compound)
    return " ".join(line.strip() for line in on_one_line(parsed).split("\n"))
