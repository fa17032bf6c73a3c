"""FAD901: the unused codes are removed, and the whole comment if no code remains."""

from __future__ import annotations

from fadc.diagnostics import Diagnostic, Edit, Fix, all_rules
from fadc.diagnostics.fad901_unused_suppression import RULE
from fadc.fixes.context import MendedModule, made


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    before, _, after = RULE.message.partition("{codes}")
    unused = diagnostic.message.removeprefix(before).removesuffix(after).split(", ")
    if any(_depends_on_settings(code) for code in unused):
        return None
    comment = context.module.text.slice(diagnostic.span)
    opening, bracket, listed = comment.partition("[")
    codes = [code.strip() for code in listed.removesuffix("]").split(",")] if bracket else []
    kept = [code for code in codes if code and code not in unused]
    title = f"remove the suppression of {', '.join(unused)}"
    if kept:
        edit = context.replaced(*_ends(diagnostic), f"{opening}[{', '.join(kept)}]")
        return made(title, edit)
    return made(title, _removal(context, diagnostic))


def _depends_on_settings(prefix: str) -> bool:
    """Whether a prefix covers codes that are found only in some mode or under some policy.

    Another run may find them where this one does not.
    """
    return any(
        each.code.startswith(prefix) and (each.bad.options or each.bad.settings)
        for each in all_rules()
    )


def _ends(diagnostic: Diagnostic) -> tuple[tuple[int, int], tuple[int, int]]:
    return diagnostic.span.start, diagnostic.span.end


def _removal(context: MendedModule, diagnostic: Diagnostic) -> Edit:
    """The edit that removes the comment, or its line if nothing else is on it."""
    (number, start), (_, end) = _ends(diagnostic)
    line = context.line(number)
    before, after = line[:start].rstrip(), line[end:].strip()
    if after:
        text = after if after.startswith("#") else f"# {after}"
        return context.replaced((number, start), (number, len(line)), text)
    if before:
        return context.replaced((number, len(before)), (number, len(line)), "")
    following = number < len(context.module.text.lines)
    return context.replaced((number, 0), (number + 1, 0) if following else (number, len(line)), "")
