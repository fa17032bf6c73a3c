"""The code of users as nodes, with its comments, ready to be put into other code.

The caller has parsed the text with ``ast`` before and refused code that is nested too deeply:
libcst's own parser takes time quadratic in the depth, and crashes at a depth of some thousands.
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
    """The expression in a text, on one line except for comments and magic trailing commas.

    Parentheses around it are dropped, unless they contain comments or it is a tuple:

    (a + b)  →  a + b      a, b  →  (a, b)
    """
    made = tidy(outer_parentheses_dropped(cst.parse_expression(f"({source}\n)")))
    return outer_parentheses_dropped(made) if "#" in source else made


def outer_parentheses_dropped(node: Any) -> Any:
    """A node without outer parentheses, except those that comments or tuples need."""
    own = isinstance(node, cst.Tuple | cst.GeneratorExp)
    pairs = list(zip(node.lpar, reversed(node.rpar), strict=True))
    inner = len(pairs) - own
    kept = [pair for pair in pairs[:inner] if _has_comment(*pair)]
    bare = _with_pairs(node, kept + pairs[inner:])
    return bare if kept or not pairs[:inner] or _stands(bare) else _with_pairs(node, pairs[-1:])


def _with_pairs(node: Any, pairs: list[tuple[cst.LeftParen, cst.RightParen]]) -> Any:
    """A node in the given pairs of parentheses, the outermost first."""
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in reversed(pairs)]
    return node.with_changes(lpar=left, rpar=right)


def _stands(node: Any) -> bool:
    """Whether an expression needs no parentheses for the comments in it."""
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
    """A statement without comments, or a ``compound`` one up to and including its colon."""
    parsed = cst.parse_statement(without_comments(text) + ": pass" * compound)
    return " ".join(line.strip() for line in on_one_line(parsed).split("\n"))
