"""Local code: what runs at one placement. It is source text with the names that are free in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fadc.ir.values import Value

if TYPE_CHECKING:
    from fadc.ir.operations import Apply


@dataclass(frozen=True)
class Expression:
    """A server or static expression: source text over the parameters that are free in it.

    A ``flat`` one has no derivative whatever its arguments, such as ``jnp.zeros_like(w)``.
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
    """``jax.jvp`` of a local function: its output beside its tangent along each direction.

    ``directions`` are the arguments that have a tangent along each; the tangents stand behind the
    arguments. In place of one direction it may be a ``stack`` of as many, by its symbols.
    """

    function: Local
    directions: tuple[tuple[int, ...], ...]
    stack: tuple[str, ...] | None = None

    @property
    def active(self) -> tuple[int, ...]:
        """The arguments that have a tangent along any."""
        return tuple(sorted({i for direction in self.directions for i in direction}))


@dataclass(frozen=True)
class Linearized:
    """``jax.vjp`` of a local function: its output beside its pullback.

    One with a rule of its own stays ``ruled`` where nobody needs the pullback: its output is what the
    rule computes, whose derivative need not be that of the function.
    """

    function: Local
    active: tuple[int, ...]
    ruled: bool = False


@dataclass(frozen=True)
class Recomputed:
    """The pullback of a local function run again from its inputs; the last argument is the cotangent."""

    function: Local
    active: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """Mapped functions behind each other as one local function of ``parameters``.

    The arguments of its ``Apply`` stand for the parameters, then for the static ``keywords`` that
    the texts of the functions name.
    """

    steps: tuple[Apply, ...]
    parameters: tuple[Value, ...]
    keywords: tuple[str, ...]
    result: Value


@dataclass(frozen=True)
class Accumulated:
    """A local function's output beside its Jacobian by each of its active arguments.

    The Jacobian of a ``scalar`` output, one real number, is its gradient.
    """

    function: Local | Chain
    active: tuple[int, ...]
    scalar: bool


Local = Expression | Mapped | Builtin

Function = Local | Pushforward | Linearized | Recomputed | Accumulated
