"""What a transform is asked for, and which computation it is asked of."""

from __future__ import annotations

from dataclasses import dataclass

from fadc.errors import UsageError
from fadc.ir import Call, Computation, walk
from fadc.passes.finish import PASSES
from fadc.syntax.computations import Reading

MODES = ("forward", "reverse")
RESIDUALS = ("store", "recompute", "rebroadcast")


@dataclass(frozen=True)
class Request:
    """The options of one transform, as on the command line."""

    mode: str
    of: str | None = None
    wrt: tuple[str, ...] | None = None
    result: str | None = None
    residuals: str = "store"
    checkpoint: int | None = None
    dump_after: str | None = None

    def validate(self) -> None:
        """Raise ``UsageError`` for an option value that there is not."""
        for option, value, known in (
            ("mode", self.mode, MODES),
            ("residuals", self.residuals, RESIDUALS),
            ("dump-after", self.dump_after, (None, *PASSES)),
        ):
            if value not in known:
                listed = ", ".join(name for name in known if name)
                raise UsageError(f"unknown --{option} `{value}`; there are {listed}")
        if self.checkpoint is not None and self.checkpoint < 1:
            raise UsageError("--checkpoint every=K needs a K of at least 1")

    def command(self, path: str, computation: Computation) -> str:
        """The command line that makes the same request."""
        words = ["fadc transform", path, "--mode", self.mode, "--of", computation.name]
        if self.wrt:
            words += ["--wrt", ",".join(self.wrt)]
        if self.result is not None:
            words += ["--result", self.result]
        if self.residuals != "store":
            words += ["--residuals", self.residuals]
        if self.checkpoint is not None:
            words += ["--checkpoint", f"every={self.checkpoint}"]
        return " ".join(words)


def choose_computation(reading: Reading, of: str | None, path: str) -> Computation:
    """The computation that is named, or the only one that no other calls."""
    known = {name: c for name, c in reading.program.computations.items() if c.module == path}
    imported = {name: c for name, c in reading.program.computations.items() if name not in known}
    if of is not None:
        if of in known or of in imported:
            return {**imported, **known}[of]
        listed = ", ".join(known) or "none"
        raise UsageError(f"{path} has no computation `{of}`; it has {listed}")
    if not known:
        raise UsageError(f"{path} has no federated computation (`@fed.computation`)")
    called = {
        operation.computation
        for computation in known.values()
        for operation in walk(computation.block)
        if isinstance(operation, Call)
    }
    roots = [name for name in known if name not in called]
    if len(roots) != 1:
        raise UsageError(
            f"{path} has several computations; choose one with --of: {', '.join(roots)}"
        )
    return known[roots[0]]
