"""The code of users as nodes: server expressions, mapped functions, annotations, literals.

Every text is parsed once. Comments are kept; values are put in place of names.
"""

from __future__ import annotations

import builtins
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any

from fadc.emit.code.nodes import name
from fadc.emit.code.queries import name_of
from fadc.emit.code.spelling import without_directives, without_last_commas
from fadc.emit.code.user import parse_user, substitute
from fadc.emit.context import Context
from fadc.ir.source_text import parsed
from fadc.syntax.source.names import free_names


@lru_cache(maxsize=4096)
def user_code(source: str) -> Any:
    """An expression of the user, as it is written."""
    parsed(source)  # Refuses code on which libcst's parser would be too slow.
    return parse_user(without_last_commas(without_directives(source)))


def local_code(
    context: Context,
    source: str,
    path: str,
    values: Mapping[str, Any] | None = None,
    bound: Container[str] = (),
) -> Any:
    """Local code with ``values`` for some names, and with the emitted names of globals.

    Names that are ``bound`` around it are not globals.
    """
    filled = dict(values or {})
    for word in free_names(parsed(source)):
        if word in filled or word in bound:
            continue
        found = _outside(context, word, path)
        called = name_of(found)
        if called:
            context.use(called)
        if called != word:
            filled[word] = found
    return substitute(user_code(source), filled) if filled else user_code(source)


def item_of(detail: str, whole: Any) -> Any:
    """A part of a value: ``whole.x``, ``whole["x"]``."""
    return substitute(user_code(f"value{detail}"), {"value": whole})


def _outside(context: Context, word: str, path: str) -> Any:
    """The emitted name of a global of a module, or of a builtin of Python."""
    other = context.modules.get(path, context.module)
    if other is not context.module and word not in other.names and hasattr(builtins, word):
        return context.python(word)
    return name(context.global_name(word, path))
