"""One more argument for a call, and one more parameter for a lambda, in the layout that they have."""

from __future__ import annotations

import ast

from fadc.diagnostics import Edit
from fadc.fixes.context import MendedModule, Position, advanced


def argument_inserted(
    context: MendedModule, call: ast.Call, index: int, argument: str
) -> tuple[Edit, ...]:
    """The edits that make a text the positional argument at an index, which is not the first.

    The others may stand in parentheses, on lines of their own, and have comments.
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
    """A new last positional argument, on a line of its own where the last one is on one."""
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
    """The edit that makes a name the lambda's parameter at an index.

    None where a parameter before it has a default, or where there are fewer.
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
    """The edit that takes away the last positional argument of a call with two or more of them.

    None where it stands in parentheses, or where a comment would go with it.
    """
    previous, last = (context.end(each) for each in call.args[-2:])
    gap = context.between(previous, context.start(call.args[-1]))
    return context.replaced(previous, last, "") if gap.strip() == "," else None
