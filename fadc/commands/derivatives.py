"""The options of `transform`, `audit` and `verify` that choose a derivative."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from fadc.commands.options import (
    Accumulate,
    Checkpoint,
    Cost,
    Dim,
    DtypeOption,
    Mode,
    Module,
    Of,
    ResidualsOption,
    Result,
    SelfContained,
    Wrt,
    checkpoint_of,
    names_of,
    pairs_of,
    residuals_of,
)

if TYPE_CHECKING:
    from fadc.derive.request import Request


@dataclass(frozen=True)
class Derivative:
    """The values of the options, in the order of the help."""

    of: Of = None
    wrt: Wrt = None
    result: Result = None
    residuals: ResidualsOption = None
    checkpoint: Checkpoint = None
    dim: Dim = None
    cost: Cost = None
    accumulate: Accumulate = None
    dtype: DtypeOption = None
    module: Module = None
    self_contained: SelfContained = False

    def request(self, mode: Mode, dump_after: str | None = None) -> "Request":
        """The compiler's request. Raises UsageError where an option's text cannot be read."""
        from fadc.derive.request import Request

        return Request(
            mode.value,
            self.of,
            names_of(self.wrt),
            self.result,
            residuals_of(mode, self.residuals),
            checkpoint_of(self.checkpoint),
            dump_after,
            pairs_of("cost", self.cost),
            pairs_of("dim", self.dim),
            pairs_of("accumulate", self.accumulate),
            self.dtype and self.dtype.value,
            self.module,
            self.self_contained,
        )


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its parameter `derivative` replaced by the options of a derivative.

    typer makes an option of each parameter that it finds in a function's signature.
    """
    names = [each.name for each in fields(Derivative)]

    @wraps(command)
    def called(**given: Any) -> None:
        derivative = Derivative(**{name: given.pop(name) for name in names})
        command(derivative=derivative, **given)

    parameters = _parameters(command)
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _parameters(command: Callable[..., None]) -> list[Parameter]:
    """The command's parameters with `derivative` replaced by its options; all are keyword-only."""
    options = inspect.signature(Derivative).parameters.values()
    found: list[Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        found += options if name == "derivative" else [parameter]
    return [each.replace(kind=Parameter.KEYWORD_ONLY) for each in found]
