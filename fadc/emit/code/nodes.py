"""Constructors of nodes that templates do not make: those with a variable number of parts.

call(dotted("fed.map"), f, keyword("axis", number(0)))  →  fed.map(f, axis=0)
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import libcst as cst

from fadc.emit.code.documents import width
from fadc.emit.code.literals import quoted
from fadc.emit.code.precedence import fitted, held, spaced
from fadc.emit.code.printer import INDENT, WIDTH
from fadc.emit.code.templates import element, expression, statement

Expression: TypeAlias = cst.BaseExpression
Statement: TypeAlias = cst.BaseStatement

# Expressions -----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def dotted(path: str) -> Any:
    """A name, or an attribute of an attribute of a name: ``jnp.linalg.norm``."""
    before, dot, last = path.rpartition(".")
    return cst.Attribute(dotted(before), cst.Name(last)) if dot else cst.Name(last)


def name(text: str) -> cst.Name:
    """A name."""
    return cst.Name(text)


def number(value: float) -> Any:
    """A number: a negative one is an operation."""
    if value < 0:
        return cst.UnaryOperation(cst.Minus(), number(-value))
    return cst.Integer(repr(value)) if isinstance(value, int) else cst.Float(repr(value))


def text(value: str) -> cst.SimpleString:
    """A string, in the quotes that ruff would choose."""
    return cst.SimpleString(quoted(value))


def attribute(value: Expression, attr: str) -> cst.Attribute:
    """``value.attr``."""
    return cst.Attribute(fitted(value, _ATTRIBUTE, "value"), cst.Name(attr))


_ATTRIBUTE: Final = cst.Attribute(cst.Name("_"), cst.Name("_"))


def call(function: Expression | str, *arguments: Expression | cst.Arg) -> cst.Call:
    """``function(*arguments)``; a generator that is the only argument needs no parentheses."""
    if isinstance(function, str):
        function = dotted(function)
    if len(arguments) == 1 and isinstance(arguments[0], cst.GeneratorExp):
        made = [cst.Arg(arguments[0].with_changes(lpar=(), rpar=()))]
    else:
        made = [element(each, _ARGUMENT) for each in arguments]
    return cst.Call(fitted(function, _CALL, "func"), made)


_ARGUMENT: Final = cst.Arg(cst.Name("_"))
_CALL: Final = cst.Call(cst.Name("_"))
_EQUAL: Final = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def keyword(word: str, value: Expression) -> cst.Arg:
    """The argument ``word=value``."""
    return cst.Arg(held(value), keyword=cst.Name(word), equal=_EQUAL)


def starred(value: Expression, stars: Literal["*", "**"] = "*") -> cst.Arg:
    """The argument ``*value``, or ``**value``."""
    return cst.Arg(held(value), star=stars)


def subscript(value: Expression, *indices: Any) -> Any:
    """``value[indices]``: indices are expressions or slices, or one tuple."""
    if len(indices) == 1 and isinstance(indices[0], cst.Tuple) and len(indices[0].elements) > 1:
        indices = tuple(each.value for each in indices[0].elements)
    return expression("$value[$indices...]", value=value, indices=indices)


def slice_(lower: Any = None, upper: Any = None, step: Any = None) -> Any:
    """``lower:upper:step``, as an index."""
    return spaced(cst.Slice(lower, upper, step))


def tuple_(elements: Iterable[Any], bare: bool = False) -> cst.Tuple:
    """``(a, b)``, or ``a, b`` if it is ``bare`` and has any."""
    made = [element(each, _ELEMENT) for each in elements]
    return cst.Tuple(made, lpar=(), rpar=()) if bare and made else cst.Tuple(made)


def list_(elements: Iterable[Any]) -> cst.List:
    """``[a, b]``."""
    return cst.List([element(each, _ELEMENT) for each in elements])


def dict_(items: Iterable[tuple[Expression, Expression]]) -> cst.Dict:
    """``{a: b}``."""
    made = [cst.DictElement(held(key), held(value)) for key, value in items]
    return cst.Dict(made)


_ELEMENT: Final = cst.Element(cst.Name("_"))


def operation(left: Expression, operator: str, *rest: Expression) -> Any:
    """``left + a + b``, with parentheses where they are needed; a sum of one is itself."""
    for right in rest:
        left = expression(f"$left {operator} $right", left=left, right=right)
    return left


def conditional(test: Expression, body: Expression, orelse: Expression) -> Any:
    """``body if test else orelse``."""
    return expression("$body if $test else $orelse", test=test, body=body, orelse=orelse)


def lambda_(parameters: Sequence[str | cst.Param], body: Expression) -> Any:
    """``lambda x, y: body``."""
    if not parameters:
        return expression("lambda: $body", body=body)
    return expression("lambda $parameters...: $body", parameters=parameters, body=body)


# Statements ------------------------------------------------------------------------------------


def assign(targets: Sequence[Expression], value: Expression) -> Any:
    """``a, b = value``; without targets ``value``."""
    if not targets:
        return statement("$value", value=value)
    target = targets[0] if len(targets) == 1 else tuple_(targets, bare=True)
    return statement("$target = $value", target=target, value=value)


def return_(*values: Expression) -> Any:
    """``return a, b``."""
    if len(values) == 1 and not isinstance(values[0], cst.Tuple):
        return statement("return $value", value=values[0])
    made = without_parentheses(values[0]) if len(values) == 1 else tuple_(values, bare=True)
    return statement("return $value", value=made) if made.elements else statement("return ()")


def without_parentheses(node: Any) -> Any:
    """A tuple of two or more without its parentheses, where a statement allows that."""
    if isinstance(node, cst.Tuple) and len(node.elements) > 1:
        return node.with_changes(lpar=(), rpar=())
    return node


def if_(test: Expression, body: Sequence[Any], orelse: Sequence[Any] = ()) -> Any:
    """``if test: ... else: ...``."""
    if not orelse:
        return statement("if $test:\n    $body...", test=test, body=body)
    template = "if $test:\n    $body...\nelse:\n    $orelse..."
    return statement(template, test=test, body=body, orelse=orelse)


def for_(target: Expression, items: Expression, body: Sequence[Any]) -> Any:
    """``for target in items: ...``."""
    target = without_parentheses(target)
    return statement("for $target in $items:\n    $body...", target=target, items=items, body=body)


def parameter(
    word: str, annotation: Expression | None = None, default: Expression | None = None
) -> cst.Param:
    """A parameter of a definition: ``word``, ``word: annotation`` or with ``= default``."""
    if default is not None:
        default = held(default)
    if annotation is None:
        equal = _EQUAL if default is not None else cst.MaybeSentinel.DEFAULT
        return cst.Param(cst.Name(word), equal=equal, default=default)
    return cst.Param(cst.Name(word), cst.Annotation(annotation), default=default)


def define(
    word: str,
    parameters: Iterable[Any],
    body: Sequence[Any],
    returns: Expression | None = None,
    decorators: Sequence[Expression] = (),
) -> Any:
    """A definition; parameters after ``"*"`` are keyword-only."""
    template = "@$decorators...\ndef $word($parameters...)%s:\n    $body..."
    holes = {"word": word, "parameters": parameters, "body": body, "decorators": decorators}
    if returns is None:
        return statement(template % "", **holes)
    return statement(template % " -> $returns", returns=returns, **holes)


def docstring(value: str, indent: int = INDENT) -> Any:
    """A docstring, on several lines if it does not fit on one with the given indentation."""
    escaped = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"') and not escaped.endswith('\\"'):
        escaped = escaped[:-1] + '\\"'
    whole = f'"""{escaped}"""'
    if indent + width(whole) > WIDTH and " " in escaped.strip():
        whole = f"\n{' ' * indent}".join([*_wrapped(f'"""{escaped}', WIDTH - indent), '"""'])
    return cst.SimpleStatementLine([cst.Expr(cst.SimpleString(whole))])


def _wrapped(words: str, columns: int) -> list[str]:
    """Words wrapped to lines of the given width, at least two lines."""
    lines = textwrap.wrap(words, columns, break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1:  # Only the quotes do not fit: ruff would not break here.
        before, _, last = lines[0].rpartition(" ")
        lines = [before, last]
    return lines


# Lines before statements -----------------------------------------------------------------------

BLANK: Final = cst.EmptyLine(indent=False)


def comment(words: str) -> cst.EmptyLine:
    """A line with a comment."""
    return cst.EmptyLine(comment=cst.Comment(f"# {words}".rstrip()))


def below(lines: Sequence[cst.EmptyLine], made: Any) -> Any:
    """A statement with comments and blank lines added above its own."""
    return made.with_changes(leading_lines=(*lines, *made.leading_lines))
