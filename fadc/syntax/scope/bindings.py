"""What names can be bound to while a computation is read."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from fadc.ir import Leaf, Placement, Tree, Value
from fadc.span import Span

ItemCount = object
"""Equal for lists and ranges that are known to have the same length."""

Key = tuple[str, tuple[Tree, ...]]
"""A static condition: its text and the values of its names."""


@dataclass(frozen=True)
class OpenTape:
    """An empty list for which no loop has been read yet that fills it."""

    name: str
    depth: int
    span: Span


@dataclass(frozen=True)
class InOneArm:
    """A name bound in one arm of a branch: usable where the same condition holds again."""

    tree: Tree | Made | OpenTape
    condition: Key
    holds: bool


@dataclass(frozen=True)
class Expired:
    """A name that may not be used any more, and why."""

    reason: str


@dataclass(frozen=True)
class Conflict:
    """A name that two paths bind incompatibly: an error where it is used."""

    code: str
    node: ast.expr | ast.stmt
    slots: dict[str, object]


@dataclass(frozen=True)
class Made:
    """A function or another object made from placed values: an expression that replaces its name.

    ``certain`` ones are never JAX values.
    """

    source: str
    arguments: tuple[tuple[str, Tree], ...]
    node: ast.expr
    certain: bool = False


Binding = Tree | OpenTape | InOneArm | Expired | Conflict | Made

Meanings = dict[ast.AST, Binding]
"""The binding of each local name of a text, where it is read and where it is bound."""

POISON = Value("poison", Leaf(Placement.STATIC), Span("", 0, 0, 0, 0))
"""The placeholder for the result of an erroneous expression, so that one error is reported once."""


def is_object(binding: Binding | None) -> bool:
    """Whether a name is bound to an object made from placed values, if only in one arm."""
    return isinstance(binding.tree if isinstance(binding, InOneArm) else binding, Made)
