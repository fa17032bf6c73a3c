"""Call sites in local code: the callee and the arguments, and the facts of unknown results."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fadc.lint.facts import UNKNOWN, Fact, Kind, combined
from fadc.lint.functions import Library, Method


@dataclass(frozen=True)
class Site:
    """A call: its frame and node, its callee and arguments, and whether its value is dropped."""

    node: ast.expr
    args: tuple[Fact, ...]
    keywords: Mapping[str, Fact]
    nodes: tuple[ast.expr, ...] = ()
    keyword_nodes: Mapping[str, ast.expr] = field(default_factory=dict)
    discarded: bool = False

    @property
    def facts(self) -> list[Fact]:
        """All arguments."""
        return [*self.args, *self.keywords.values()]

    def calling(self, position: int, *args: Fact) -> Site:
        """The call of an argument, a function, by the function that is called at this site."""
        node = self.nodes[position] if position < len(self.nodes) else self.node
        return Site(node, args, {})

    def argument(self, position: int, keyword: str) -> Fact | None:
        """The fact of an argument that may be positional or a keyword argument."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.args[position] if position < len(self.args) else None


def unknown_result(site: Site, *more: Fact) -> Fact:
    """The fact of an unknown function's result."""
    for argument in site.facts:
        if argument.function is not None and not isinstance(argument.function, Library | Method):
            more = (*more, UNKNOWN)
    found = combined([*site.facts, *more])
    return replace(found, kind=Kind.STATIC if found.kind is Kind.STATIC else Kind.UNKNOWN)
