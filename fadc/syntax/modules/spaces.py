"""The scopes of a module, and the facts about names in its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(eq=False)
class Space:
    """The names that one scope binds: imported ones with their dotted names, others with None.

    ``kind`` is ``module``, ``class``, ``function``, ``comprehension`` or, for type parameters, ``types``.
    ``owner`` is the module-level definition whose code this is; None for code that an import runs.
    ``foreign`` are the names that are declared global or nonlocal, ``title`` the name of a class.
    """

    kind: str
    outer: Space | None = None
    owner: str | None = None
    bound: dict[str, str | None] = field(default_factory=dict)
    foreign: dict[str, Space | None] = field(default_factory=dict)
    title: str = ""

    def bind(self, name: str, dotted: str | None = None) -> None:
        """Bind a name; one that is bound to several things counts as bound to none of them."""
        if name in self.foreign:
            space = self.foreign[name]
            if space is not None:
                space.bind(name)
            return
        self.bound[name] = dotted if self.bound.get(name, dotted) == dotted else None

    def look_up(self, name: str) -> Space | None:
        """The scope that binds a name; None if it is looked up at module level."""
        direct = True
        for here in self.outwards():
            if here.kind == "module" or here.foreign.get(name) is not None:
                return None
            if name in here.bound and (direct or here.kind != "class"):
                return here
            direct = direct and here.kind == "types"
        return None

    def outwards(self) -> Iterator[Space]:
        """This scope and those around it, the module's scope last."""
        here: Space | None = self
        while here is not None:
            yield here
            here = here.outer


@dataclass(frozen=True)
class NameUse:
    """A name in the text and the scope that it is in.

    An ``excused`` one is never evaluated, or is in code that catches the exception for it.
    """

    node: ast.Name
    space: Space
    excused: bool


Member = ast.Attribute | ast.Import | ast.ImportFrom
"""Nodes that take a name from a module."""


@dataclass
class Scopes:
    """The facts about the names in a module's text.

    ``top`` is the module's own scope. ``locals`` are the uses of local names, with the dotted names
    of those that are imported, and ``unbound`` the uses of names that nothing binds. ``members``
    are the attributes of names, and imports from fadc, that are not excused. A module that
    ``is_open`` may have names that its text does not show.
    """

    top: Space
    locals: dict[ast.Name, str | None] = field(default_factory=dict)
    unbound: list[NameUse] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    is_open: bool = False
