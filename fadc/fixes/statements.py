"""Inserting statements in front of others, and the conditions under which this is safe."""

from __future__ import annotations

import ast
import re

from fadc.fixes.context import MendedModule, Position
from fadc.syntax.modules.module import global_names
from fadc.syntax.source.names import fresh, parameters

_CHOOSING = (
    ast.If | ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp
) | ast.GeneratorExp
_SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return


def always_runs(context: MendedModule, node: ast.AST, inside: ast.AST) -> bool:
    """Whether a node runs whenever the node around it does, except loops that run zero times."""
    for outer in context.nodes.around(node):
        if outer is inside:
            return True
        if isinstance(outer, _CHOOSING):
            return False
    return False


def has_own_lines(context: MendedModule, statement: ast.stmt) -> bool:
    """Whether a statement shares its lines with nothing but a comment."""
    (line, column), (end_line, end_column) = context.start(statement), context.end(statement)
    behind = context.line(end_line)[end_column:].strip()
    return not context.line(line)[:column].strip() and (not behind or behind.startswith("#"))


def is_simple(statement: ast.stmt) -> bool:
    """Whether a statement contains no other statements."""
    return isinstance(statement, _SIMPLE)


def front(context: MendedModule, statement: ast.stmt) -> Position:
    """The position for a line in front of a statement: above the comment that belongs to it."""
    line = statement.lineno
    before = _statement_before(context, statement)
    # A line of a string may look like a comment.
    above = before.end_lineno or line if before is not None else 0
    while line - 1 > above and context.line(line - 1).lstrip().startswith("#"):
        line -= 1
    return line, 0


def _statement_before(context: MendedModule, statement: ast.stmt) -> ast.stmt | None:
    """The statement before it in its block."""
    for _, block in ast.iter_fields(context.parent(statement) or statement):
        if isinstance(block, list) and statement in block[1:]:
            found: ast.stmt = block[block.index(statement) - 1]
            return found
    return None


def indentation(context: MendedModule, statement: ast.stmt) -> str:
    line, column = context.start(statement)
    return context.line(line)[:column]


def on_one_line(text: str, mode: str = "exec") -> str | None:
    """A statement's or expression's text without line breaks; None if these matter."""
    joined = re.sub(r",?\s*\n\s*(?=[)\]}])|(?<=[(\[{])\s*\n\s*", "", text)
    joined = re.sub(r"\s*\n\s*", " ", joined)
    if joined == text:
        return text
    try:
        before, after = (ast.dump(ast.parse(each, mode=mode)) for each in (text, joined))
    except SyntaxError:
        return None
    return joined if before == after and "#" not in text else None


def is_bound_once(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function, its parameters and comprehensions included, binds a name only once."""
    stores = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    return len(stores) == 1 and name not in parameters(function)


def name_at_clients(context: MendedModule, function: ast.FunctionDef, value: ast.expr) -> str:
    """A new name for a value's broadcast: `w_at_clients` for `w`."""
    lines = context.module.text.lines[function.lineno - 1 : function.end_lineno]
    words = set(re.findall(r"\w+", " ".join(lines))) | global_names(context.module)
    return fresh(f"{_stem(value)}_at_clients", words)


def _stem(value: ast.expr) -> str:
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(key))) if key.isidentifier():
            return key
        case ast.Tuple() | ast.List() | ast.Dict():
            return "values"
    return "value"
