"""Local code, which runs at one placement: source text with the names that are free in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fadc.ir.values import Value

if TYPE_CHECKING:
    from fadc.ir.operations import Apply


@dataclass(frozen=True)
class Expression:
    """A server or static expression: source text over the parameters that are free in it.

    A ``flat`` one, such as ``jnp.zeros_like(w)``, has the derivative zero.
    """

    source: str
    parameters: tuple[str, ...] = ()
    flat: bool = False


@dataclass(frozen=True)
class Mapped:
    """A function given to ``fed.map``: source text of a name, a dotted name, a partial or a lambda.

    The arguments of its ``Apply`` are the positional ones, then the static values captured by the
    text, then the static keyword arguments.
    """

    source: str
    parameters: tuple[str, ...]
    captures: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Builtin:
    """A local function that the compiler knows: ``pack``, ``unpack``, ``item``, ``add``, ``scale`` …"""

    name: str
    detail: str = ""


@dataclass(frozen=True)
class Pushforward:
    """``jax.jvp`` of a local function: its output and the output's tangent along each direction.

    ``directions`` lists, for each direction, the positions of the arguments that have a tangent;
    the tangents follow the arguments. With a ``stack``, the one direction is a stack of as many as
    the product of its symbols.
    """

    function: Local
    directions: tuple[tuple[int, ...], ...]
    stack: tuple[str, ...] | None = None

    @property
    def active(self) -> tuple[int, ...]:
        """The positions of the arguments that have a tangent along some direction."""
        return tuple(sorted({i for direction in self.directions for i in direction}))


@dataclass(frozen=True)
class Linearized:
    """``jax.vjp`` of a local function: its output and its pullback.

    A function with a custom derivative stays ``ruled`` even if its pullback is not needed: its
    output is then computed by the rule, whose own derivative may differ from the function's.
    """

    function: Local
    active: tuple[int, ...]
    ruled: bool = False


@dataclass(frozen=True)
class Recomputed:
    """The pullback of a local function that runs again; the last argument is the cotangent."""

    function: Local
    active: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """The composition of several mapped functions, as one local function of ``parameters``.

    The arguments of its ``Apply`` are those of the parameters, then the static ``keywords`` that
    the functions' texts name.
    """

    steps: tuple[Apply, ...]
    parameters: tuple[Value, ...]
    keywords: tuple[str, ...]
    result: Value


@dataclass(frozen=True)
class Accumulated:
    """A local function's output and its Jacobian by each active argument.

    The Jacobian of a ``scalar`` output, one real number, is its gradient.
    """

    function: Local | Chain
    active: tuple[int, ...]
    scalar: bool


Local = Expression | Mapped | Builtin

Function = Local | Pushforward | Linearized | Recomputed | Accumulated
