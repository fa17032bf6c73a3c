"""Type parameters of generic computations: `def g[T](…)` (PEP 695, Python 3.12 and later)."""

from __future__ import annotations

import ast
import re
from typing import Any

from fadc.emit.context import Context
from fadc.ir import Computation

_WORD = re.compile(r"[^\W\d]\w*")


def with_type_parameters(
    context: Context, computation: Computation, node: ast.FunctionDef
) -> ast.FunctionDef:
    """A derived definition with the type parameters of its source that its annotations name.

    Before: `def g_vjp(w: fed.Server[T]) -> fed.Server[T]: …`
    After:  `def g_vjp[T](w: fed.Server[T]) -> fed.Server[T]: …`
    """
    written = _type_parameters(context, computation)
    used = _annotated(node)
    kept: list[Any] = [each for each in written if each.name in used]
    for each in kept:  # A bound may name a parameter that no annotation does.
        used |= _words(each)
    kept = [each for each in written if each.name in used]
    if kept:
        node.type_params = kept  # type: ignore[attr-defined, unused-ignore]
    return node


def _type_parameters(context: Context, computation: Computation) -> list[Any]:
    """The type parameters of the computation that this one is derived from.

    What comes of other files is annotated with placements alone.
    """
    if computation.module != context.module.path:
        return []
    line = computation.span.start_line
    sources = (each for each in context.module.computations.values() if each.lineno == line)
    return [each for node in sources for each in getattr(node, "type_params", [])]


def _annotated(node: ast.FunctionDef) -> set[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    annotations = [node.returns, *(each.annotation for each in arguments)]
    return {word for each in annotations if each is not None for word in _words(each)}


def _words(node: ast.AST) -> set[str]:
    """The names in an annotation, within quotes, too."""
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    texts = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
    return found | {word for text in texts if isinstance(text, str) for word in _WORD.findall(text)}
