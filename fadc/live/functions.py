"""Derivatives of computations given as function objects: for notebooks and scripts."""

from collections.abc import Callable, Iterable
from typing import Any

Wrt = str | Iterable[str] | None


def jvp(fn: Callable[..., Any], /, wrt: Wrt = None, *, result: str | int | None = None) -> Any:
    """The pushforward of a computation: the function that `fadc transform` would emit.

    `NAME_jvp(<arguments>, *, <wrt>_dot, …) -> (out, out_dot)`. Its source is shown by
    `inspect.getsource`, in tracebacks and in debuggers.

    Args:
      fn: a function decorated with `fed.computation`, at the top level of a module or a cell.
      wrt: the parameters to differentiate by, as names or as `"a,b"`; by default every
        differentiable server-placed one.
      result: the key, position or variable of the result to differentiate; the others come back
        as auxiliary outputs.

    Raises:
      TypeError: where `fn` is not a computation.
      OSError: where its source is not available.
      UsageError: for an unknown parameter, result or option.
      TransformError: for a program that has no such derivative; the text shows why and where.
    """
    return _derivative(fn, "jvp", "forward", wrt, result)


def vjp(
    fn: Callable[..., Any],
    /,
    wrt: Wrt = None,
    *,
    result: str | int | None = None,
    residuals: str = "store",
    checkpoint: int | None = None,
) -> Any:
    """The pullback of a computation: `NAME_vjp(<arguments>, *, out_bar) -> (out, (<wrt>_bar, …))`.

    Args and errors are those of `jvp`, and:

    Args:
      residuals: what clients keep between the sweeps: `"store"`, `"recompute"`, `"rebroadcast"`.
      checkpoint: K, to store only every K-th carried value of a loop and recompute the others.
    """
    return _derivative(fn, "vjp", "reverse", wrt, result, residuals, checkpoint)


def value_and_grad(
    fn: Callable[..., Any],
    /,
    wrt: Wrt = None,
    *,
    result: str | int | None = None,
    residuals: str = "store",
    checkpoint: int | None = None,
) -> Any:
    """The value and the gradient: `NAME_value_and_grad(<arguments>) -> (out, (<wrt>_bar, …))`.

    Args and errors are those of `vjp`. Also raises TypeError where the result is not one scalar
    server value.
    """
    return _derivative(fn, "value_and_grad", "reverse", wrt, result, residuals, checkpoint)


def _derivative(
    fn: Callable[..., Any],
    kind: str,
    mode: str,
    wrt: Wrt,
    result: str | int | None,
    *more: Any,
) -> Any:
    from fadc.language.computation import is_computation
    from fadc.live.derivatives import DerivativeOptions, derivative_of

    if not is_computation(fn):
        raise TypeError(f"{kind} takes a function decorated with @fed.computation, not {fn!r}")
    options = DerivativeOptions(mode, _names(wrt), _text(result), *more)
    return derivative_of(fn, options, kind)


def _names(wrt: Wrt) -> tuple[str, ...] | None:
    if wrt is None:
        return None
    return tuple(name.strip() for name in (wrt.split(",") if isinstance(wrt, str) else wrt))


def _text(result: str | int | None) -> str | None:
    return None if result is None else str(result)
