"""Random expressions: as syntax trees, and built of nodes as the compiler builds them."""

from __future__ import annotations

import ast
from random import Random

from fadc.emit.code import nodes
from fadc.emit.code.templates import expression

NAMES = ("x", "y", "z", "gradient", "learning_rate", "accumulated_update")
ARITHMETIC = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "@": ast.MatMult,
    "**": ast.Pow,
    "|": ast.BitOr,
    "^": ast.BitXor,
    "&": ast.BitAnd,
    "<<": ast.LShift,
    ">>": ast.RShift,
}
COMPARISONS = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "is": ast.Is,
    "is not": ast.IsNot,
    "in": ast.In,
    "not in": ast.NotIn,
}
UNARY = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert, "not ": ast.Not}


def random_tree(random: Random, size: int) -> ast.expr:
    """A random expression of about ``size`` operations."""
    if size <= 0:
        return _leaf(random)
    parts = lambda count: [random_tree(random, (size - 1) // count) for _ in range(count)]
    several = parts(random.randint(1, 4))
    match random.randrange(16):
        case 0 | 1 | 2:
            operator = random.choice(list(ARITHMETIC.values()))()
            left, right = parts(2)
            return ast.BinOp(left, operator, right)
        case 3:
            return ast.UnaryOp(random.choice(list(UNARY.values()))(), *parts(1))
        case 4:
            first, *rest = parts(random.randint(2, 3))
            other = isinstance(first, ast.BoolOp) and isinstance(first.op, ast.And)
            return ast.BoolOp(ast.Or() if other else ast.And(), [first, *rest])
        case 5:
            operators = [random.choice(list(COMPARISONS.values()))() for _ in several]
            return ast.Compare(*parts(1), operators, several)
        case 6:
            test, body, orelse = parts(3)
            return ast.IfExp(test, body, orelse)
        case 7 | 8 | 9:
            cut = random.randint(0, len(several))
            keywords = [ast.keyword(f"k{i}", each) for i, each in enumerate(several[cut:])]
            return ast.Call(*parts(1), several[:cut], keywords)
        case 10:
            return ast.Attribute(*parts(1), random.choice(NAMES), ast.Load())
        case 11:
            index = random.choice([several[0], ast.Slice(several[0], None), ast.Tuple(parts(2))])
            return ast.Subscript(*parts(1), index, ast.Load())
        case 12:
            names = random.sample(NAMES, random.randint(0, 2))
            return ast.Lambda(_arguments(names), *parts(1))
        case 13:
            return random.choice([ast.Tuple, ast.List])(several, ast.Load())
        case 14:
            return ast.Dict(parts(len(several)), several)
        case _:
            target = ast.Name(random.choice(NAMES), ast.Store())
            element, iterable = parts(2)
            clause = ast.comprehension(target, iterable, several[:1] * random.randint(0, 1), 0)
            return random.choice([ast.ListComp, ast.GeneratorExp])(element, [clause])


def _leaf(random: Random) -> ast.expr:
    if random.random() < 0.75:
        return ast.Name(random.choice(NAMES), ast.Load())
    return ast.Constant(random.choice([0, 1, 27, 0.5, "it's", "a"]))


def _arguments(names: list[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def built(tree: ast.expr) -> nodes.Expression:
    """The expression as nodes, made by the constructors and templates, which add parentheses."""
    match tree:
        case ast.Name(id=name):
            return nodes.name(name)
        case ast.Constant(value=str(value)):
            return nodes.text(value)
        case ast.Constant(value=value):
            return nodes.number(value)
        case ast.BinOp(left=left, op=op, right=right):
            return nodes.operation(built(left), _word(ARITHMETIC, op), built(right))
        case ast.UnaryOp(op=op, operand=operand):
            return expression(f"{_word(UNARY, op)}$operand", operand=built(operand))
        case ast.BoolOp(op=op, values=values):
            word = "and" if isinstance(op, ast.And) else "or"
            first, second, *rest = map(built, values)
            made = expression(f"$first {word} $second", first=first, second=second)
            for each in rest:  # A chain of the same word is one operation.
                made = expression(f"$made {word} $each", made=made, each=each)
            return made
        case ast.Compare():
            words = [_word(COMPARISONS, op) for op in tree.ops]
            holes = {f"x{i}": built(each) for i, each in enumerate(tree.comparators)}
            chain = " ".join(f"{word} $x{i}" for i, word in enumerate(words))
            return expression(f"$left {chain}", left=built(tree.left), **holes)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return nodes.conditional(built(test), built(body), built(orelse))
        case ast.Call(func=func, args=args, keywords=keywords):
            named = [nodes.keyword(each.arg, built(each.value)) for each in keywords]
            return nodes.call(built(func), *map(built, args), *named)
        case ast.Attribute(value=value, attr=attr):
            return nodes.attribute(built(value), attr)
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower)):
            return nodes.subscript(built(value), nodes.slice_(built(lower)))
        case ast.Subscript(value=value, slice=index):
            return nodes.subscript(built(value), built(index))
        case ast.Lambda(args=args, body=body):
            return nodes.lambda_([each.arg for each in args.args], built(body))
        case ast.Tuple(elts=elements):
            return nodes.tuple_(map(built, elements))
        case ast.List(elts=elements):
            return nodes.list_(map(built, elements))
        case ast.Dict(keys=keys, values=values):
            return nodes.dict_((built(k), built(v)) for k, v in zip(keys, values, strict=True))
    return _comprehension(tree)


def _comprehension(tree: ast.expr) -> nodes.Expression:
    assert isinstance(tree, ast.ListComp | ast.GeneratorExp)
    [clause] = tree.generators
    template = f"$element for {clause.target.id} in $iterable"
    holes = {"element": built(tree.elt), "iterable": built(clause.iter)}
    if clause.ifs:
        template += " if $condition"
        holes["condition"] = built(clause.ifs[0])
    brackets = "[]" if isinstance(tree, ast.ListComp) else "()"
    return expression(brackets[0] + template + brackets[1], **holes)


def _word(table: dict[str, type], operator: ast.AST) -> str:
    return next(word for word, kind in table.items() if isinstance(operator, kind))
