"""Type parameters of generic computations: `def g[T](…)` (PEP 695, Python 3.12 and later)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fadc.emit.code.definitions import annotation_texts, with_type_parameters
from fadc.emit.context import Context
from fadc.ir import Computation

_WORD = re.compile(r"[^\W\d]\w*")


def generic(context: Context, computation: Computation, made: Any) -> Any:
    """A derived definition with those type parameters of its source that its annotations use.

    Before: `def g_vjp(w: fed.Server[T]) -> fed.Server[T]: …`
    After:  `def g_vjp[T](w: fed.Server[T]) -> fed.Server[T]: …`
    """
    written = _type_parameters(context, computation)
    used = _words(annotation_texts(made))
    kept = [text for name, text in written if name in used]
    used |= _words(kept)  # A bound may use a type parameter that no annotation uses.
    kept = [text for name, text in written if name in used]
    return with_type_parameters(made, kept) if kept else made


def _type_parameters(context: Context, computation: Computation) -> list[tuple[str, str]]:
    """The type parameters, by name, of the computation that this one is derived from.

    There are none for computations of other files, which are annotated with placements only.
    """
    module = context.module
    if computation.module != module.path:
        return []
    line = computation.span.start_line
    sources = (each for each in module.computations.values() if each.lineno == line)
    found = (each for node in sources for each in getattr(node, "type_params", []))
    return [(each.name, module.text.segment(each)) for each in found]


def _words(texts: Iterable[str]) -> set[str]:
    """The names in annotations, also in quoted ones."""
    return {word for text in texts for word in _WORD.findall(text)}
