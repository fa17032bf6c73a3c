"""Adding an argument to a call, and a parameter to a lambda, in their layout."""

from __future__ import annotations

import ast

from fadc.diagnostics import Edit
from fadc.fixes.context import MendedModule, Position, advanced


def argument_inserted(
    context: MendedModule, call: ast.Call, index: int, argument: str
) -> tuple[Edit, ...]:
    """The edits that insert a text as the positional argument at an index other than the first.

    The other arguments may be in parentheses or on lines of their own, and have comments.
    """
    if index == len(call.args):
        return _appended(context, call, argument)
    previous = context.end(call.args[index - 1])
    gap = context.blanked(previous, context.start(call.args[index]))
    behind = gap.index(",") + 1
    lead = len(gap[behind:]) - len(gap[behind:].lstrip())
    at = advanced(previous, gap[: behind + lead])
    indent = context.line(at[0])[: at[1]]
    separator = f",\n{indent}" if indent.isspace() else ", "
    return (context.inserted(at, f"{argument}{separator}"),)


def _appended(context: MendedModule, call: ast.Call, argument: str) -> tuple[Edit, ...]:
    """A new last positional argument, on a line of its own if the last one is."""
    last = call.args[-1]
    stop = context.start(call.keywords[0]) if call.keywords else context.end(call)
    gap = context.blanked(context.end(last), stop)
    comma = gap.find(",")
    until = len(gap[: comma if comma >= 0 else gap.rindex(")")].rstrip())
    newline = gap.find("\n", max(comma, until))
    line, column = context.start(last)
    indent = context.line(line)[:column].rstrip("(")
    behind = gap[max(comma + 1, until) : newline]
    if newline < 0 or not indent.isspace() or behind.strip():
        return (context.inserted(advanced(context.end(last), gap[:until]), f", {argument}"),)
    following = advanced(context.end(last), gap[: newline + 1])
    if comma >= 0:
        return (context.inserted(following, f"{indent}{argument},\n"),)
    comma_at = advanced(context.end(last), gap[:until])
    return context.inserted(comma_at, ","), context.inserted(following, f"{indent}{argument}\n")


def parameter_inserted(
    context: MendedModule, function: ast.Lambda, index: int, name: str
) -> Edit | None:
    """The edit that inserts a name as the lambda's parameter at an index.

    None if a parameter before it has a default, or if there are too few parameters.
    """
    listed = [*function.args.posonlyargs, *function.args.args]
    if index > len(listed) - len(function.args.defaults):
        return None
    if index < len(listed):
        return context.inserted(context.start(listed[index]), f"{name}, ")
    if listed:
        return context.inserted(context.end(listed[-1]), f", {name}")
    if function.args.kwonlyargs:
        return None
    return context.inserted(_behind_keyword(context.start(function)), f" {name}")


def _behind_keyword(start: Position) -> Position:
    return advanced(start, "lambda")


def last_argument_removed(context: MendedModule, call: ast.Call) -> Edit | None:
    """The edit that removes the last positional argument of a call with at least two.

    None if it is in parentheses, or if a comment would be removed with it.
    """
    previous, last = (context.end(each) for each in call.args[-2:])
    gap = context.between(previous, context.start(call.args[-1]))
    return context.replaced(previous, last, "") if gap.strip() == "," else None
