"""FAD112: a result without an annotation is annotated with the placement of what is returned.

The placement of a parameter cannot be inferred from the text and is not guessed.
"""

from __future__ import annotations

import ast
import io
import tokenize

from fadc.diagnostics import Diagnostic, Fix
from fadc.fixes.context import MendedModule, Position, made
from fadc.ir import Leaf, Placement, Tape
from fadc.syntax.computations import returned
from fadc.syntax.modules.module import name_of
from fadc.syntax.scope.trees import declared_of
from fadc.syntax.types.declared import Declared, Structure


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    for node in context.module.computations.values():
        name = context.module.text.span(name_of(context.module, node))
        if name == diagnostic.span and node.returns is None:
            return _annotated(context, node)
    return None


def _annotated(context: MendedModule, node: ast.FunctionDef) -> Fix | None:
    at = _behind_parameters(context, node)
    tree = returned(context.reading, context.module, node)
    text = None if tree is None else _text(context, declared_of(tree))
    if at is None or text is None:
        return None
    return made(f"annotate the result as `{text}`", context.inserted(at, f" -> {text}"))


def _text(context: MendedModule, declared: Declared) -> str | None:
    """An annotation, with the module's names; None if there is no single one."""
    if isinstance(declared, Leaf):
        # A static value may be returned as a server value.
        clients = declared.placement is Placement.CLIENTS
        return context.spelled("Clients" if clients else "Server")
    if isinstance(declared, Tape):
        item = _text(context, declared.item)
        return item and f"list[{item}]"
    if not isinstance(declared, Structure) or declared.kind not in ("tuple", "dict"):
        return None
    parts = [_text(context, child) for child in declared.children]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    if declared.kind == "tuple":
        return f"tuple[{', '.join(known)}]"
    return f"dict[str, {known[0]}]" if len(set(known)) == 1 else None


def _behind_parameters(context: MendedModule, node: ast.FunctionDef) -> Position | None:
    """The position after the parenthesis that closes the parameters, the last before the colon."""
    first = node.lineno
    lines = "".join(f"{line}\n" for line in context.module.text.lines[first - 1 :])
    depth, behind = 0, None
    for token in tokenize.generate_tokens(io.StringIO(lines).readline):
        if token.string in ("(", "["):
            depth += 1
        elif token.string in (")", "]"):
            depth -= 1
            behind = first + token.end[0] - 1, token.end[1]
        elif token.string == ":" and depth == 0:
            return behind
    return None
