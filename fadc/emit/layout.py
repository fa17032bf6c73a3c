"""Printing syntax trees in ruff's style: double quotes kept as written, line length 100.

Constants are printed as their source text, which ``parse`` keeps on the nodes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from fadc.ir import quoted

WIDTH = 100
_INDENT = 4

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.BitOr: ("|", 6),
    ast.BitXor: ("^", 7),
    ast.BitAnd: ("&", 8),
    ast.LShift: ("<<", 9),
    ast.RShift: (">>", 9),
    ast.Add: ("+", 10),
    ast.Sub: ("-", 10),
    ast.Mult: ("*", 11),
    ast.Div: ("/", 11),
    ast.FloorDiv: ("//", 11),
    ast.Mod: ("%", 11),
    ast.MatMult: ("@", 11),
    ast.Pow: ("**", 13),
}
_UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.Not: ("not ", 4),
    ast.UAdd: ("+", 12),
    ast.USub: ("-", 12),
    ast.Invert: ("~", 12),
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_LAMBDA, _IF, _OR, _AND, _COMPARISON, _ATOM = 1, 2, 2, 3, 5, 15


class Comment(ast.stmt):
    """A comment line; an empty text is a blank line."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text


def parse(source: str) -> ast.expr:
    """Parse an expression; constants and f-strings remember how they are written."""
    tree = ast.parse(f"({source}\n)", mode="eval").body
    text = f"({source}\n)"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            node.written = ast.get_source_segment(text, node)  # type: ignore[union-attr]
    return tree


def flat(node: ast.expr, level: int = 0) -> str:
    """An expression on one line; parenthesised where it binds less than ``level``."""
    text, own = _flat(node)
    return f"({text})" if own < level else text


def _flat(node: ast.expr) -> tuple[str, int]:
    match node:
        case ast.Constant() | ast.JoinedStr():
            return _constant(node), _ATOM
        case ast.Name(id=name):
            return name, _ATOM
        case ast.Attribute(value=value, attr=attr):
            return f"{_base(value)}.{attr}", _ATOM
        case ast.Subscript(value=value, slice=index):
            return f"{flat(value, _ATOM)}[{_slice(index)}]", _ATOM
        case ast.Call():
            return f"{flat(node.func, _ATOM)}({', '.join(_arguments(node))})", _ATOM
        case ast.BinOp():
            return _binary(node)
        case ast.UnaryOp(op=op, operand=operand):
            symbol, level = _UNARY[type(op)]
            return f"{symbol}{flat(operand, level)}", level
        case ast.BoolOp(op=op, values=values):
            word, level = (" or ", _OR) if isinstance(op, ast.Or) else (" and ", _AND)
            return word.join(flat(value, level + 1) for value in values), level
        case ast.Compare():
            return _comparison(node), _COMPARISON
        case ast.IfExp(test=test, body=body, orelse=orelse):
            arms = flat(body, _IF + 1), flat(test, _IF + 1), flat(orelse, _IF)
            return f"{arms[0]} if {arms[1]} else {arms[2]}", _IF - 1
        case ast.Lambda(args=args, body=body):
            return f"{_lambda_head(args)} {flat(body, _LAMBDA)}", _LAMBDA
        case ast.Starred(value=value):
            return f"*{flat(value, 6)}", _ATOM
        case ast.Slice():
            return _slice(node), _ATOM
    return _display(node), _ATOM


def constant(text: str) -> ast.Constant:
    """A string, printed in double quotes."""
    node = ast.Constant(text)
    node.written = quoted(text)  # type: ignore[attr-defined]
    return node


def _constant(node: ast.Constant | ast.JoinedStr) -> str:
    written = getattr(node, "written", None)
    return written if written is not None else ast.unparse(node)


def _base(node: ast.expr) -> str:
    text = flat(node, _ATOM)
    return f"({text})" if isinstance(node, ast.Constant) and isinstance(node.value, int) else text


def _binary(node: ast.BinOp) -> tuple[str, int]:
    level = _BINARY[type(node.op)][1]
    if isinstance(node.op, ast.Pow):
        left, right = flat(node.left, level + 1), flat(node.right, level - 1)
        hug = _is_simple(node.left) and _is_simple(node.right)
        return f"{left}**{right}" if hug else f"{left} ** {right}", level
    parts: list[str] = []
    while isinstance(node, ast.BinOp) and _BINARY[type(node.op)][1] == level:
        parts += [flat(node.right, level + 1), _BINARY[type(node.op)][0]]
        if not isinstance(node.left, ast.BinOp) or _BINARY[type(node.left.op)][1] != level:
            parts.append(flat(node.left, level))
            break
        node = node.left
    return " ".join(reversed(parts)), level


def _is_simple(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex)
    )


def _comparison(node: ast.Compare) -> str:
    text = flat(node.left, _COMPARISON + 1)
    for op, operand in zip(node.ops, node.comparators, strict=True):
        text += f" {_COMPARE[type(op)]} {flat(operand, _COMPARISON + 1)}"
    return text


def _lambda_head(args: ast.arguments) -> str:
    listed = ast.unparse(args)
    return f"lambda {listed}:" if listed else "lambda:"


def _slice(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple) and node.elts:
        return ", ".join(_slice(element) for element in node.elts) + "," * (len(node.elts) == 1)
    if isinstance(node, ast.Slice):
        parts = [flat(part) if part else "" for part in (node.lower, node.upper)]
        return ":".join(parts) + (f":{flat(node.step)}" if node.step else "")
    return flat(node)


def _arguments(node: ast.Call) -> list[str]:
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return [flat(node.args[0])[1:-1]]
    keywords = [
        f"{keyword.arg}={flat(keyword.value)}" if keyword.arg else f"**{flat(keyword.value)}"
        for keyword in node.keywords
    ]
    return [flat(argument) for argument in node.args] + keywords


def _display(node: ast.expr) -> str:
    match node:
        case ast.Tuple(elts=elements):
            inner = ", ".join(flat(element) for element in elements)
            return f"({inner},)" if len(elements) == 1 else f"({inner})"
        case ast.List(elts=elements):
            return f"[{', '.join(flat(element) for element in elements)}]"
        case ast.Set(elts=elements):
            return "{" + ", ".join(flat(element) for element in elements) + "}"
        case ast.Dict():
            return "{" + ", ".join(_items(node)) + "}"
        case ast.ListComp(elt=element):
            return f"[{flat(element)}{_clauses(node.generators)}]"
        case ast.SetComp(elt=element):
            return "{" + flat(element) + _clauses(node.generators) + "}"
        case ast.GeneratorExp(elt=element):
            return f"({flat(element)}{_clauses(node.generators)})"
        case ast.DictComp(key=key, value=value):
            return "{" + f"{flat(key)}: {flat(value)}" + _clauses(node.generators) + "}"
    return ast.unparse(node)


def _items(node: ast.Dict) -> list[str]:
    return [
        f"{flat(key)}: {flat(value)}" if key else f"**{flat(value, 6)}"
        for key, value in zip(node.keys, node.values, strict=True)
    ]


def _clauses(generators: Iterable[ast.comprehension]) -> str:
    text = ""
    for clause in generators:
        target = flat(clause.target)
        if isinstance(clause.target, ast.Tuple) and len(clause.target.elts) > 1:
            target = target[1:-1]
        text += f" for {target} in {flat(clause.iter, _IF + 1)}"
        text += "".join(f" if {flat(condition, _IF + 1)}" for condition in clause.ifs)
    return text


# Breaking lines --------------------------------------------------------------------------------


def broken(prefix: str, node: ast.expr, suffix: str, indent: int, bare: bool = False) -> list[str]:
    """The lines of an expression between a prefix and a suffix.

    ``bare`` expressions stand where parentheses may be added around them.
    """
    one = f"{' ' * indent}{prefix}{_unwrapped(node) if bare else flat(node)}{suffix}"
    if len(one) <= WIDTH or isinstance(node, ast.Name | ast.Constant | ast.Attribute):
        return [one]
    match node:
        case ast.Call() if node.args or node.keywords:
            head = f"{prefix}{flat(node.func, _ATOM)}("
            if len(head) + indent <= WIDTH:
                return _bracketed(head, _call_parts(node), ")" + suffix, indent, join=True)
            if isinstance(node.func, ast.Call):
                tail = f"({', '.join(_arguments(node))}){suffix}"
                return broken(prefix, node.func, tail, indent)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
            left, right = ("[", "]") if isinstance(node, ast.List) else ("(", ")")
            parts = [("", element, "") for element in elements]
            return _bracketed(prefix + left, parts, right + suffix, indent)
        case ast.Dict() if node.values:
            pairs = zip(node.keys, node.values, strict=True)
            parts = [(f"{flat(k)}: " if k else "**", v, "") for k, v in pairs]
            return _bracketed(prefix + "{", parts, "}" + suffix, indent)
        case ast.Subscript(value=value, slice=index):
            inner = index.elts if isinstance(index, ast.Tuple) else [index]
            parts = [("", element, "") for element in inner]
            head = f"{prefix}{flat(value, _ATOM)}["
            return _bracketed(head, parts, "]" + suffix, indent, join=True)
        case ast.Lambda(args=args, body=body):
            bare = not isinstance(body, ast.Tuple)  # Whose parentheses must stay.
            return broken(f"{prefix}{_lambda_head(args)} ", body, suffix, indent, bare)
        case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.IfExp():
            return _broken_operation(prefix, node, suffix, indent, bare)
    return [one]


def _unwrapped(node: ast.expr) -> str:
    """A tuple of two or more stands without its parentheses."""
    text = flat(node)
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        return text[1:-1]
    return text


Part = tuple[str, ast.expr, str]


def _call_parts(node: ast.Call) -> list[Part]:
    parts: list[Part] = [("", argument, "") for argument in node.args]
    return parts + [(f"{k.arg}=" if k.arg else "**", k.value, "") for k in node.keywords]


def _bracketed(
    head: str, parts: list[Part], tail: str, indent: int, join: bool = False
) -> list[str]:
    """Brackets around parts: on one line of their own where they fit, else one on each line."""
    inner = indent + _INDENT
    if join:
        line = " " * inner + ", ".join(f"{before}{flat(node)}" for before, node, _ in parts)
        if len(line) <= WIDTH:
            return [" " * indent + head, line, " " * indent + tail]
    lines = [" " * indent + head]
    for before, node, _ in parts:
        lines += broken(before, node, "" if join and len(parts) == 1 else ",", inner)
    return [*lines, " " * indent + tail]


def _broken_operation(
    prefix: str, node: ast.expr, suffix: str, indent: int, bare: bool
) -> list[str]:
    operands, level = _operands(node)
    last_word, last = operands[-1]
    if len(operands) == 2 and isinstance(last, ast.Call) and (last.args or last.keywords):
        head = f"{prefix}{flat(operands[0][1], level)} {last_word} {flat(last.func, _ATOM)}("
        if len(head) + indent <= WIDTH:
            return _bracketed(head, _call_parts(last), ")" + suffix, indent, join=True)
    if not bare:
        return [f"{' ' * indent}{prefix}{flat(node)}{suffix}"]
    pad, inner = " " * indent, " " * (indent + _INDENT)
    lines = [f"{inner}{flat(node)}"]
    if len(lines[0]) > WIDTH:
        words = [f"{word} " if word else "" for word, _ in operands]
        texts = [flat(operand, level) for _, operand in operands]
        lines = [f"{inner}{word}{text}" for word, text in zip(words, texts, strict=True)]
    return [f"{pad}{prefix}(", *lines, f"{pad}){suffix}"]


def _operands(node: ast.expr) -> tuple[list[tuple[str, ast.expr]], int]:
    """The operands of the loosest operators of an expression, each with the word before it."""
    if isinstance(node, ast.IfExp):
        return [("", node.body), ("if", node.test), ("else", node.orelse)], _IF + 1
    if isinstance(node, ast.BoolOp):
        word, level = ("or", _OR) if isinstance(node.op, ast.Or) else ("and", _AND)
        return [(word if i else "", value) for i, value in enumerate(node.values)], level + 1
    if isinstance(node, ast.Compare):
        words = [_COMPARE[type(op)] for op in node.ops]
        return [("", node.left), *zip(words, node.comparators, strict=True)], _COMPARISON + 1
    found: list[tuple[str, ast.expr]] = []
    assert isinstance(node, ast.BinOp)
    level = _BINARY[type(node.op)][1]
    current: ast.expr = node
    while isinstance(current, ast.BinOp) and _BINARY[type(current.op)][1] == level:
        found.append((_BINARY[type(current.op)][0], current.right))
        current = current.left
        if level == _BINARY[ast.Pow][1]:
            break
    return [("", current), *reversed(found)], level + 1


# Statements ------------------------------------------------------------------------------------


def statements(body: Iterable[ast.stmt], indent: int = 0) -> list[str]:
    """The lines of statements."""
    return [line for node in body for line in statement(node, indent)]


def statement(node: ast.stmt, indent: int) -> list[str]:
    """The lines of one statement."""
    pad = " " * indent
    match node:
        case Comment(text=text):
            return [f"{pad}# {text}" if text else ""]
        case ast.Assign(targets=[target], value=value):
            return _assignment(target, value, indent)
        case ast.Return(value=ast.expr() as value):
            return broken("return ", value, "", indent, bare=True)
        case ast.Expr(value=ast.Constant(value=str())):
            return _docstring(node, indent)
        case ast.Expr(value=value):
            return broken("", value, "", indent, bare=True)
        case ast.For():
            return [*_for_head(node, indent), *statements(node.body, indent + _INDENT)]
        case ast.If():
            return _conditional(node, indent)
        case ast.FunctionDef():
            return _function(node, indent)
    return [pad + line for line in ast.unparse(node).split("\n")]


def _for_head(node: ast.For, indent: int) -> list[str]:
    """``for <target> in <iterable>:``, the iterable broken first, then the target."""
    head = f"for {_unwrapped(node.target)} in "
    lines = broken(head, node.iter, ":", indent)
    if max(map(len, lines)) <= WIDTH or not isinstance(node.target, ast.Tuple):
        return lines
    parts = [("", element, "") for element in node.target.elts]
    target = _bracketed("for (", parts, ") in ", indent)
    return [*target[:-1], *broken(") in ", node.iter, ":", indent)]


def _assignment(target: ast.expr, value: ast.expr, indent: int) -> list[str]:
    left = _unwrapped(target)
    lines = broken(f"{left} = ", value, "", indent, bare=True)
    if max(map(len, lines)) <= WIDTH or not isinstance(target, ast.Tuple):
        return lines
    parts = [("", element, "") for element in target.elts]
    head = _bracketed("(", parts, ") = ", indent)
    tail = broken(") = ", value, "", indent, bare=True)
    return [*head[:-1], *tail]


def _docstring(node: ast.Expr, indent: int) -> list[str]:
    assert isinstance(node.value, ast.Constant)
    pad, text = " " * indent, str(node.value.value)
    if len(pad) + len(text) + 6 <= WIDTH:
        return [f'{pad}"""{text}"""']
    words, lines = text.split(), [f'{pad}"""']
    for word in words:
        joined = f"{lines[-1]} {word}" if lines[-1].strip() not in ("", '"""') else lines[-1] + word
        if len(joined) > WIDTH:
            lines.append(pad + word)
        else:
            lines[-1] = joined
    if len(lines) == 1:  # Only the quotes have no room: ruff would not break there.
        lines = [lines[0].removesuffix(f" {words[-1]}"), pad + words[-1]]
    return [*lines, f'{pad}"""']


def _conditional(node: ast.If, indent: int) -> list[str]:
    lines = broken("if ", node.test, ":", indent, bare=True)
    lines += statements(node.body, indent + _INDENT)
    if node.orelse:
        lines += [" " * indent + "else:", *statements(node.orelse, indent + _INDENT)]
    return lines


def _function(node: ast.FunctionDef, indent: int) -> list[str]:
    pad = " " * indent
    lines = [f"{pad}@{flat(decorator)}" for decorator in node.decorator_list]
    returns = f" -> {flat(node.returns)}:" if node.returns else ":"
    parts = [before + flat(node) + after for before, node, after in _parameters(node.args)]
    name = node.name + _type_parameters(node)
    one = f"{pad}def {name}({', '.join(parts)}){returns}"
    if len(one) <= WIDTH:
        lines.append(one)
    else:
        inner = " " * (indent + _INDENT)
        joined = inner + ", ".join(parts)
        lines.append(f"{pad}def {name}(")
        if len(joined) <= WIDTH:
            lines.append(joined)
        else:
            for before, part, after in _parameters(node.args):
                lines += broken(before, part, f"{after},", indent + _INDENT)
        lines += _returns(node, indent)
    return [*lines, *statements(node.body, indent + _INDENT)]


def _type_parameters(node: ast.FunctionDef) -> str:
    """`[T, *Ts]` of a generic function."""
    found = getattr(node, "type_params", [])
    return f"[{', '.join(map(ast.unparse, found))}]" if found else ""


def _returns(node: ast.FunctionDef, indent: int) -> list[str]:
    """The closing line of a broken signature."""
    pad = " " * indent
    if node.returns is None:
        return [f"{pad}):"]
    one = f"{pad}) -> {flat(node.returns)}:"
    if len(one) <= WIDTH or not isinstance(node.returns, ast.Subscript):
        return [one]
    return broken(") -> ", node.returns, ":", indent)


def _parameters(args: ast.arguments) -> list[Part]:
    """The parameters of a signature: what stands before an expression, it, and what behind."""
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    parts = [_parameter(a, d) for a, d in zip(plain, defaults, strict=True)]
    if args.kwonlyargs:
        parts.append(("", ast.Name(id="*"), ""))
        keywords = zip(args.kwonlyargs, args.kw_defaults, strict=True)
        parts += [_parameter(a, d) for a, d in keywords]
    return parts


def _parameter(argument: ast.arg, default: ast.expr | None) -> Part:
    if argument.annotation is not None:
        after = f" = {flat(default)}" if default is not None else ""
        return f"{argument.arg}: ", argument.annotation, after
    return "", ast.Name(id=argument.arg), f"={flat(default)}" if default is not None else ""
