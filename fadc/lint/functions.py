"""The functions that local code calls: its own, JAX's, and what JAX makes of its own."""

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

    ``rule`` is what gives it a derivative of its own, such as ``jax.custom_vjp``: nobody
    differentiates its body then.
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
    """A function some of whose arguments are given already."""

    function: Function
    args: tuple[Fact, ...]
    keywords: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True)
class DerivedFunction:
    """What ``jax.grad`` and its like make of a function."""

    function: Function
    transform: str


@dataclass(frozen=True)
class Method:
    """A method of a value."""

    owner: Fact
    name: str


Function = OwnFunction | Library | Partial | DerivedFunction | Method
