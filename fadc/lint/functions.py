"""The functions that local code calls: the program's, JAX's, and derivatives of the program's."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fadc.lint.facts import Fact

if TYPE_CHECKING:
    from fadc.lint.frame import CallFrame


@dataclass(frozen=True)
class OwnFunction:
    """A lambda or a definition, with the frame whose names it sees (None: the module's).

    ``rule`` is the decorator that gives it a custom derivative, such as ``jax.custom_vjp``; its
    body is then not differentiated.
    """

    node: ast.Lambda | ast.FunctionDef
    frame: CallFrame | None = field(default=None, compare=False)
    rule: str | None = None


@dataclass(frozen=True)
class Library:
    """A function, module or class that is imported: its dotted name."""

    name: str


@dataclass(frozen=True)
class Partial:
    """A partial application."""

    function: Function
    args: tuple[Fact, ...]
    keywords: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True)
class DerivedFunction:
    """The function that ``jax.grad`` and the like make from a function."""

    function: Function
    transform: str


@dataclass(frozen=True)
class Method:
    """A method of a value."""

    owner: Fact
    name: str


Function = OwnFunction | Library | Partial | DerivedFunction | Method
