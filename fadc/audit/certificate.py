"""The certificate: the exchanges of a derivative and its primal, as plain reproducible data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from fadc.audit.closure import Closure, closure
from fadc.audit.files import Load, digest
from fadc.audit.uses import Crossing, Objection

SCHEMA = 1
STATEMENT = (
    "Every dependency between the server and the clients passes one of the uses listed here; "
    "the derivative uploads only through mechanisms of the primal."
)


@dataclass(frozen=True)
class Side:
    """One of the two programs: its computations, the uses in them, the mechanisms of its uploads.

    ``files`` has the hashes of the other files that its imports lead to, by name.
    """

    computations: tuple[str, ...]
    uses: tuple[Crossing, ...]
    files: tuple[tuple[str, str], ...] = ()

    @property
    def mechanisms(self) -> tuple[str, ...]:
        return tuple(sorted({use.mechanism for use in self.uses if use.mechanism}))


@dataclass(frozen=True)
class Certificate:
    """What was proven about a derivative's text. ``objections`` are the gaps in the proof."""

    version: str
    options: dict[str, Any]
    source: str
    source_hash: str
    emitted_hash: str
    primal: Side
    derivative: Side
    objections: tuple[Objection, ...]

    @property
    def holds(self) -> bool:
        """Whether the statement is proven."""
        return not self.objections

    def tree(self) -> dict[str, Any]:
        """The certificate as data for JSON."""
        return {
            "schema": SCHEMA,
            "fadc": self.version,
            "statement": STATEMENT,
            "holds": self.holds,
            "objections": [str(each) for each in self.objections],
            "options": self.options,
            "source": {"name": self.source, "sha256": self.source_hash},
            "emitted": {"sha256": self.emitted_hash},
            "primal": side_tree(self.primal),
            "derivative": side_tree(self.derivative),
        }


def side_tree(side: Side) -> dict[str, Any]:
    """One program as data for JSON."""
    return {
        "computations": list(side.computations),
        "mechanisms": list(side.mechanisms),
        "files": [{"name": name, "sha256": sha256} for name, sha256 in side.files],
        "uses": [asdict(use) for use in side.uses],
    }


def side_of(read: Closure, roots: tuple[str, ...]) -> Side:
    """The side of some computations of a program and of all that they call."""
    files = tuple((file.name, digest(file.text)) for file in read.files)
    return Side(read.reached(roots), read.of(roots), files)


def certify(
    source: str,
    emitted: str,
    *,
    path: str,
    load: Load,
    options: dict[str, Any],
    primal: str,
    derivatives: tuple[str, ...],
    version: str,
) -> Certificate:
    """Read both texts anew and prove what can be proven; both resolve imports beside the source."""
    before, after = closure(source, path, load), closure(emitted, path, load)
    primal_side, derived = side_of(before, (primal,)), side_of(after, derivatives)
    wanted = {*primal_side.computations, *derived.computations, ""}
    objections = [o for o in (*before.objections, *after.objections) if o.function in wanted]
    allowed = {*primal_side.mechanisms, *before.transposes}
    objections += [
        Objection(use.function, use.line, f"uploads through `{use.mechanism}`, the primal does not")
        for use in derived.uses
        if use.mechanism and use.mechanism not in allowed
    ]
    missing = [each for each in derivatives if each not in derived.computations]
    objections += [Objection(each, 0, "is not in the text") for each in missing]
    return Certificate(
        version,
        options,
        PurePosixPath(path).name,
        digest(source),
        digest(emitted),
        primal_side,
        derived,
        tuple(dict.fromkeys(objections)),
    )


def differences(claimed: Any, found: Any, path: str = "") -> list[str]:
    """The differences of two certificates, one line each."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        keys = list(dict.fromkeys([*claimed, *found]))
        return [
            line
            for key in keys
            for line in differences(claimed.get(key), found.get(key), f"{path}.{key}".lstrip("."))
        ]
    if isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        pairs = enumerate(zip(claimed, found, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}[{i}]")]
    if isinstance(claimed, list) and isinstance(found, list):
        missing = [each for each in claimed if each not in found]
        new = [each for each in found if each not in claimed]
        lines = [f"{path}: is gone: {_said(each)}" for each in missing]
        return lines + [f"{path}: is new: {_said(each)}" for each in new]
    return (
        []
        if claimed == found
        else [f"{path}: {_said(claimed)} in the certificate, {_said(found)} here"]
    )


def _said(value: Any) -> str:
    if isinstance(value, dict) and "code" in value:
        return f"{value.get('code')} (line {value.get('line')}, {value.get('function')})"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
