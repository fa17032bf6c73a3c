"""The same program, formatted otherwise: what is emitted must be the same but for comments."""

from __future__ import annotations

import ast
import io
import tokenize
from random import Random

from .comments import commented


def reformatted(rng: Random, text: str) -> str:
    """The text with other comments, blank lines, line breaks and brackets; its tree is the same."""
    plain = ast.unparse(ast.parse(text)) if rng.random() < 0.5 else text
    broken = _bracketed(rng, _broken(rng, plain))
    found = commented(rng, _spaced(rng, broken), rng.choice([0.0, 0.3]))
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
    return found


def _broken(rng: Random, text: str) -> str:
    """Line breaks, and now and then comments, behind commas and opening brackets."""
    lines = text.splitlines(keepends=True)
    breaks: list[tuple[int, int]] = []
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.OP:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        if depth > 0 and token.string in "([{," and rng.random() < 0.2:
            breaks.append(token.end)
    for row, column in reversed(breaks):
        line = lines[row - 1]
        comment = "" if rng.random() < 0.7 else "  # jax.vjp, (brackets ["
        rest = line[column:].lstrip(" ")
        lines[row - 1] = f"{line[:column]}{comment}\n{' ' * rng.randint(0, 8)}{rest}"
    return "".join(lines)


def _bracketed(rng: Random, text: str) -> str:
    """Brackets around the values of some assignments and returns."""
    found = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign | ast.Return | ast.AugAssign) and node.value is not None
    ]
    for value in sorted(found, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        if rng.random() < 0.2 and not isinstance(value, ast.Tuple):
            text = _inserted(text, value)
    return text


def _inserted(text: str, value: ast.expr) -> str:
    lines = text.splitlines(keepends=True)
    last, end = (value.end_lineno or 1) - 1, value.end_col_offset or 0
    lines[last] = f"{lines[last][:end]}){lines[last][end:]}"
    first, start = value.lineno - 1, value.col_offset
    lines[first] = f"{lines[first][:start]}({lines[first][start:]}"
    return "".join(lines)


def _spaced(rng: Random, text: str) -> str:
    """Blank lines in front of some statements."""
    starts = {node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)}
    lines = text.splitlines()
    return "\n".join(
        "\n" + line if number in starts and rng.random() < 0.1 else line
        for number, line in enumerate(lines, 1)
    )
