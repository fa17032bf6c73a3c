"""Uses of primitives, and objections to closure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Crossing:
    """One place in a text where values cross. `mechanism` is empty for a broadcast."""

    function: str
    line: int
    direction: str
    primitive: str
    mechanism: str
    code: str


@dataclass(frozen=True)
class Objection:
    """One reason why the closure of a text is not proven."""

    function: str
    line: int
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", in {self.function}" if self.function else "")
        return f"{where}: {self.reason}"
