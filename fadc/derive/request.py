"""The request for a transform, and the choice of the computation."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass

from fadc.analyses.widths import DTYPES, width
from fadc.errors import UsageError
from fadc.ir import Call, Computation, walk
from fadc.passes.finish import PASSES
from fadc.plan.costs import CHOICES, JACOBIAN, PULLBACK, PUSHFORWARD
from fadc.plan.prices import Prices
from fadc.syntax.computations import Reading

MODES = ("forward", "reverse", "mixed")
Pairs = tuple[tuple[str, str], ...]
"""Names and values as texts: ``(("d", "1000000"),)``."""

_DIGITS = 18
"""The most digits of a size, as in 64 bits."""

RESIDUALS = ("store", "recompute", "rebroadcast")


@dataclass(frozen=True)
class Request:
    """The options of one transform, as on the command line.

    ``module`` is the dotted name of the program, from which the derivative imports its classes; by
    default it follows from the file's path. A ``self_contained`` derivative contains copies of
    them.
    """

    mode: str
    of: str | None = None
    wrt: tuple[str, ...] | None = None
    result: str | None = None
    residuals: str = "store"
    checkpoint: int | None = None
    dump_after: str | None = None
    cost: Pairs = ()
    dims: Pairs = ()
    accumulate: Pairs = ()
    dtype: str | None = None
    module: str | None = None
    self_contained: bool = False

    @property
    def byte_prices(self) -> Prices:
        """The prices of bytes and rounds."""
        return Prices(**{name: float(value) for name, value in self.cost})

    @property
    def prices(self) -> Prices:
        """The prices of array elements, of the dtype of floats, and of rounds."""
        return self.byte_prices.of_elements(width("Float", self.dtype or DTYPES[0]))

    def told_prices(self, floats: str) -> str:
        """The prices as the header of an emitted module states them, for floats of one dtype."""
        units = (
            "bytes and rounds" if floats == DTYPES[0] else f"bytes and rounds; floats are {floats}"
        )
        return f"{self.byte_prices} ({units})"

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes of symbols, by their names."""
        return {name: int(value) for name, value in self.dims}

    def validate(self) -> None:
        """Raise ``UsageError`` for an unknown or contradictory option value."""
        for option, value, known in (
            ("mode", self.mode, MODES),
            ("residuals", self.residuals, RESIDUALS),
            ("dump-after", self.dump_after, (None, *PASSES)),
            ("dtype", self.dtype, (None, *DTYPES)),
        ):
            if value not in known:
                listed = ", ".join(name for name in known if name)
                raise UsageError(f"unknown --{option} `{value}`; there are {listed}")
        if self.checkpoint is not None and self.checkpoint < 1:
            raise UsageError("--checkpoint every=K needs a K of at least 1")
        for option, given in (
            ("residuals", self.residuals != "store"),
            ("checkpoint", self.checkpoint is not None),
        ):
            if given and self.mode == "forward":
                raise UsageError(f"--{option} is an option of --mode reverse and mixed")
        for name in self.wrt or ():
            if self.wrt and self.wrt.count(name) > 1:
                raise UsageError(f"--wrt names `{name}` twice")
        if self.module is not None and not all(map(str.isidentifier, self.module.split("."))):
            raise UsageError(f"--module takes the dotted name of a module, not `{self.module}`")
        if self.module is not None and self.self_contained:
            raise UsageError(
                "--module says whose classes to import, --self-contained to import none"
            )
        self._validate_plan()

    def _validate_plan(self) -> None:
        """Raise ``UsageError`` for wrong options of mixed mode."""
        for option, given in (*self._pairs(), ("dtype", self.dtype)):
            if given and self.mode != "mixed":
                raise UsageError(f"--{option} is an option of --mode mixed")
        for name, value in self.cost:
            if name not in ("up", "down", "round") or not _is_price(value):
                raise UsageError(
                    f"--cost takes `up=…`, `down=…` and `round=…`, none negative, not `{name}={value}`"
                )
        for name, value in self.dims:
            check_size(name, value)
        for name, value in self.accumulate:
            if value not in CHOICES:
                raise UsageError(
                    f"--accumulate takes `STAGE={JACOBIAN}`, `STAGE={PULLBACK}` and"
                    f" `STAGE={PUSHFORWARD}`, not `{name}={value}`"
                )

    def _pairs(self) -> tuple[tuple[str, Pairs], ...]:
        """The options of mixed mode that have names and values."""
        return (("cost", self.cost), ("dim", self.dims), ("accumulate", self.accumulate))

    def command(self, path: str, computation: Computation, copied: bool = False) -> str:
        """The command line of the same request; ``copied`` if it copies the program's classes."""
        words = ["fadc transform", path, "--mode", self.mode, "--of", computation.name]
        if self.wrt:
            words += ["--wrt", ",".join(self.wrt)]
        if self.result is not None:
            words += ["--result", self.result]
        if self.residuals != "store":
            words += ["--residuals", self.residuals]
        if self.checkpoint is not None:
            words += ["--checkpoint", f"every={self.checkpoint}"]
        if self.dtype is not None:
            words += ["--dtype", self.dtype]
        if self.module is not None:
            words += ["--module", self.module]
        elif copied:
            words.append("--self-contained")
        for option, pairs in self._pairs():
            if pairs:
                text = ",".join(f"{name.removeprefix('stage ')}={value}" for name, value in pairs)
                words += [f"--{option}", shlex.quote(text)]
        return " ".join(words)


def check_size(name: str, value: str) -> None:
    """Raise ``UsageError`` unless ``value`` is a whole number of a plausible length."""
    if not (value.isdecimal() and len(value) <= _DIGITS):
        raise UsageError(
            f"--dim takes `NAME=N` with a whole number N of at most {_DIGITS} digits,"
            f" not `{name}={value}`"
        )


def _is_price(text: str) -> bool:
    try:
        return 0 <= float(text) < math.inf
    except ValueError:
        return False


def choose_computation(reading: Reading, of: str | None, path: str) -> Computation:
    """The computation with the given name, or the only one that no other calls."""
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
