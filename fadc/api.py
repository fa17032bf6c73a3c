"""The Python interface: the same pipeline as the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fadc import pipeline
from fadc.analyses.policy import Policy
from fadc.derive.request import Pairs, Request
from fadc.diagnostics import Diagnostic
from fadc.live.functions import jvp, value_and_grad, vjp
from fadc.pipeline import Transformed

__all__ = ["Transformed", "check", "jvp", "transform", "value_and_grad", "vjp"]


def transform(
    source: str,
    *,
    mode: str,
    of: str | None = None,
    wrt: str | Iterable[str] | None = None,
    result: str | int | None = None,
    residuals: str = "store",
    checkpoint: int | None = None,
    cost: Mapping[str, float] | None = None,
    dims: Mapping[str, int] | None = None,
    accumulate: Mapping[str | int, str] | None = None,
    dtype: str | None = None,
    filename: str = "program.py",
    module: str | None = None,
) -> Transformed:
    """The derivative of a federated computation, as the text of a module.

    Args:
      source: the text of the module that holds the computation; it is read, never run.
      mode: ``"forward"``, ``"reverse"`` or ``"mixed"``.
      of: the computation's name; may be left out where only one computation is called by no other.
      wrt: the parameters to differentiate with respect to, in the order of the derivative's
        results; by default every differentiable server-placed parameter.
      result: the key, the position or the variable of the result to differentiate; the others are
        returned as auxiliary outputs.
      residuals: ``"store"``, ``"recompute"`` or ``"rebroadcast"``.
      checkpoint: K, to store only every K-th carried value of a loop and recompute the others.
      cost: the prices by which mixed mode decides, of a byte ``up``, a byte ``down`` and a
        ``round``.
      dims: sizes that mixed mode decides by: of annotated dimensions, and of values by their names.
      accumulate: ``"jacobian"``, ``"pullback"`` or ``"pushforward"`` for stages of mixed mode, by
        number, by the name of an upload or for ``"all"``.
      dtype: the dtype of floats, for mixed mode's bytes; by default the only one that annotations
        name, else ``"float32"``.
      filename: where the source comes from; imports of the same package are looked up from there.
      module: the dotted name of the source's module, from which the derivative imports the classes
        that the source defines; by default the derivative contains copies of them.

    Returns:
      ``text`` ("" if there is an error), ``diagnostics``, and a ``report`` of rounds and traffic.

    Raises:
      UsageError: for an unknown computation, parameter, result or option.
    """
    request = Request(
        mode,
        of,
        wrt=_names(wrt),
        result=None if result is None else str(result),
        residuals=residuals,
        checkpoint=checkpoint,
        cost=_pairs(cost),
        dims=_pairs(dims),
        accumulate=_pairs(accumulate),
        dtype=dtype,
        module=module,
        self_contained=module is None,
    )
    return pipeline.transform(source, filename, request)


def _pairs(given: Mapping[Any, object] | None) -> Pairs:
    return tuple((str(name), str(value)) for name, value in (given or {}).items())


def _names(wrt: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if wrt is None:
        return None
    return tuple(name.strip() for name in wrt.split(",")) if isinstance(wrt, str) else tuple(wrt)


def check(
    source: str,
    *,
    mode: str | None = None,
    mechanisms: Iterable[str] | None = None,
    private_mechanisms: Iterable[str] | None = None,
    filename: str = "program.py",
) -> list[Diagnostic]:
    """The diagnostics of a module's federated computations; its text is read, never run.

    Args:
      source: the text of the module.
      mode: also report the errors for which differentiating in this mode would be refused.
      mechanisms: the upload mechanisms that the program and its derivatives may use, plain
        aggregation being called ``"sum"``; by default all.
      private_mechanisms: those that hide what a single client contributes; uploads through others
        are warned of. By default there are no such warnings.
      filename: where the source comes from.

    Returns:
      Diagnostics in the order of the text.
    """
    policy = Policy(
        None if mechanisms is None else tuple(mechanisms),
        None if private_mechanisms is None else tuple(private_mechanisms),
    )
    return pipeline.check(source, filename, mode=mode, policy=policy)
