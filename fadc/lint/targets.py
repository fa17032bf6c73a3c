"""Assignment targets of local functions."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.lint.effects import refuse_mutation
from fadc.lint.facts import Fact, element
from fadc.lint.frame import CallFrame


def bind(frame: CallFrame, target: ast.expr, fact: Fact) -> None:
    """Bind the names in a target; assignments to parts of objects are reported."""
    match target:
        case ast.Name(id=name):
            frame.names[name] = fact
        case ast.Starred(value=value):
            bind(frame, value, replace(element(fact), parts=None))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            known = fact.parts if fact.parts and len(fact.parts) == len(elements) else None
            if any(isinstance(each, ast.Starred) for each in elements):
                known = None
            for index, each in enumerate(elements):
                bind(frame, each, known[index] if known else element(fact))
        case ast.Subscript() | ast.Attribute():
            refuse_mutation(frame, target, target)
