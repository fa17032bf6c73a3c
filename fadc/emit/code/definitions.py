"""Annotations and type parameters of definitions (PEP 695)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.shapes.base import code


def annotation_texts(definition: Any) -> list[str]:
    """The annotations of a definition, as texts."""
    params = (*definition.params.params, *definition.params.kwonly_params)
    found = (definition.returns, *(each.annotation for each in params))
    return [code(each.annotation) for each in found if each is not None]


def with_type_parameters(definition: Any, texts: Sequence[str]) -> Any:
    """A definition with type parameters: ``def f[T: Model](…)``."""
    generic = cst.parse_statement(f"def f[{', '.join(texts)}](): pass")
    assert isinstance(generic, cst.FunctionDef)
    return definition.with_changes(type_parameters=generic.type_parameters)
