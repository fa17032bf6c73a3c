"""Runs an emitted derivative and compares it with JAX's own, in double precision.

Also made is the dot-product test ⟨J v, u⟩ = ⟨v, Jᵀ u⟩, which holds the emitted half of the pair
against JAX's other half (Griewank & Walther, Evaluating Derivatives, 2nd ed., section 3.3).
"""

import ast
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from fadc import pipeline
from fadc.agreement import apart, direction, dot
from fadc.diagnostics import Diagnostic, Severity
from fadc.errors import UsageError
from fadc.files import SourceFile
from fadc.inputs import differentiable, random_inputs
from fadc.loading import load, run, told

TOLERANCE = 1e-9  # of two results, relative to 1 + the largest entry

_SUFFIXES = {"forward": "_jvp", "reverse": "_vjp", "mixed": "_vjp"}


@dataclass(frozen=True)
class Request:
    """What to verify. `inputs` is `MODULE:FUNCTION` or None for random ones."""

    source: SourceFile
    mode: str
    of: str | None
    wrt: tuple[str, ...] | None
    clients: tuple[int, ...]
    seed: int = 0
    inputs: str | None = None
    residuals: str = "store"
    checkpoint: int | None = None


@dataclass(frozen=True)
class Errors:
    """How far apart the results are at one number of clients, relative to 1 + the largest entry."""

    clients: int
    value: float
    derivative: float
    dot_product: float

    @property
    def agrees(self) -> bool:
        """Whether all are within the tolerance. NaN is not."""
        return all(each <= TOLERANCE for each in (self.value, self.derivative, self.dot_product))


@dataclass(frozen=True)
class Verified:
    """The errors, or the diagnostics that left nothing to run."""

    name: str
    errors: tuple[Errors, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def agrees(self) -> bool:
        """Whether there was something to run and all of it agrees."""
        return bool(self.errors) and all(each.agrees for each in self.errors)


def verify(request: Request) -> Verified:
    """Transforms, runs and compares. Raises UsageError where the program cannot be run as asked."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    found = pipeline.check(request.source.text, request.source.path, mode=request.mode)
    if any(each.severity is Severity.ERROR for each in found):
        return Verified("", (), tuple(found))
    module = load(request.source.text, request.source.path, "primal")
    of = request.of or _only_computation(request.source.text)
    primal = getattr(module, of, None)
    if not callable(primal):
        raise UsageError(f"there is no computation `{of}` in {request.source.path}")
    arguments = [_arguments(request, primal, clients) for clients in request.clients]
    wrt = request.wrt or differentiable(arguments[0], primal)
    return _verified(request, of, wrt, primal, arguments)


def _verified(
    request: Request,
    of: str,
    wrt: tuple[str, ...],
    primal: Callable[..., Any],
    arguments: list[dict[str, Any]],
) -> Verified:
    path, name = request.source.path, of + _SUFFIXES[request.mode]
    done = pipeline.transform(
        request.source.text,
        path,
        mode=request.mode,
        of=of,
        wrt=wrt,
        residuals=request.residuals,
        checkpoint=request.checkpoint,
    )
    if any(each.severity is Severity.ERROR for each in done.diagnostics):
        return Verified(name, (), tuple(done.diagnostics))
    derivative = getattr(load(done.text, path, name), name)
    compare = _forward if request.mode == "forward" else _reverse
    errors = tuple(
        compare(primal, derivative, given, wrt, clients, np.random.default_rng(request.seed))
        for given, clients in zip(arguments, request.clients, strict=True)
    )
    return Verified(name, errors, tuple(done.diagnostics))


def table(verified: Verified) -> str:
    """The errors in columns; empty where nothing was run."""
    if not verified.errors:
        return ""
    heading = f"{verified.name}, errors relative to 1 + the largest entry:\n"
    columns = f"{'clients':>8}{'value':>12}{'derivative':>12}{'dot product':>13}\n"
    return heading + columns + "".join(_row(each) for each in verified.errors)


def _row(errors: Errors) -> str:
    numbers = f"{errors.value:>12.1e}{errors.derivative:>12.1e}{errors.dot_product:>13.1e}"
    return f"{errors.clients:>8}{numbers}  {'agrees' if errors.agrees else 'DISAGREES'}\n"


def _reverse(
    primal: Callable[..., Any],
    derivative: Callable[..., Any],
    arguments: dict[str, Any],
    wrt: tuple[str, ...],
    clients: int,
    random: np.random.Generator,
) -> Errors:
    """Compares a pullback; the dot-product test takes the pushforward from JAX."""
    of_wrt, at = _function_of(primal, arguments, wrt)
    out, pullback = run(jax.vjp, of_wrt, *at)
    out_bar = direction(out, random)
    (seed,) = _seeds(primal, derivative)
    emitted, bars = run(_called, derivative, {**arguments, seed: out_bar})
    tangents = tuple(direction(value, random) for value in at)
    _, out_dot = jax.jvp(of_wrt, at, tangents)
    products = dot(out_dot, out_bar), dot(tangents, bars)
    return Errors(clients, apart(emitted, out), apart(bars, pullback(out_bar)), apart(*products))


def _forward(
    primal: Callable[..., Any],
    derivative: Callable[..., Any],
    arguments: dict[str, Any],
    wrt: tuple[str, ...],
    clients: int,
    random: np.random.Generator,
) -> Errors:
    """Compares a pushforward; the dot-product test takes the pullback from JAX."""
    of_wrt, at = _function_of(primal, arguments, wrt)
    tangents = tuple(direction(value, random) for value in at)
    out, out_dot = run(jax.jvp, of_wrt, at, tangents)
    seeds = dict(zip(_seeds(primal, derivative), tangents, strict=True))
    emitted, emitted_dot = run(_called, derivative, {**arguments, **seeds})
    out_bar = direction(out, random)
    _, pullback = jax.vjp(of_wrt, *at)
    products = dot(emitted_dot, out_bar), dot(tangents, pullback(out_bar))
    return Errors(clients, apart(emitted, out), apart(emitted_dot, out_dot), apart(*products))


def _function_of(
    primal: Callable[..., Any], arguments: dict[str, Any], wrt: tuple[str, ...]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The primal as a function of `wrt` alone, and where to differentiate it."""

    def of_wrt(*values: Any) -> Any:
        return _called(primal, {**arguments, **dict(zip(wrt, values, strict=True))})

    unknown = [name for name in wrt if name not in arguments]
    if unknown:
        raise UsageError(f"`{unknown[0]}` is not a parameter of `{primal.__name__}`")
    return of_wrt, tuple(arguments[name] for name in wrt)


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Calls with every argument by name, but for positional-only parameters."""
    parameters = inspect.signature(function).parameters.values()
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY]
    named = {name: value for name, value in arguments.items() if name not in positional}
    return function(*(arguments[name] for name in positional), **named)


def _seeds(primal: Callable[..., Any], derivative: Callable[..., Any]) -> list[str]:
    """The parameters that the derivative has beyond the primal's: tangents or the cotangent."""
    known = inspect.signature(primal).parameters
    return [name for name in inspect.signature(derivative).parameters if name not in known]


def _arguments(request: Request, primal: Callable[..., Any], clients: int) -> dict[str, Any]:
    if request.inputs is None:
        return random_inputs(primal, clients, request.seed)
    module, _, function = request.inputs.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        made = getattr(importlib.import_module(module), function)(clients)
    except Exception as error:
        raise UsageError(f"--inputs {request.inputs}: {told(error)}") from error
    finally:
        sys.path.remove(os.getcwd())
    if not isinstance(made, dict):
        raise UsageError(f"--inputs {request.inputs} must return a dict of arguments")
    return made


def _only_computation(text: str) -> str:
    """The computation that no other calls. Raises UsageError unless there is exactly one."""
    functions = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    found = [each for each in functions if any(map(_is_mark, each.decorator_list))]
    called = {
        node.func.id
        for each in found
        for node in ast.walk(each)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    names = [each.name for each in found if each.name not in called]
    if len(names) != 1:
        raise UsageError(f"name the computation with --of: {', '.join(names) or 'there is none'}")
    return names[0]


def _is_mark(decorator: ast.expr) -> bool:
    """Whether a decorator is `computation`, however it is imported."""
    mark = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (mark.attr if isinstance(mark, ast.Attribute) else getattr(mark, "id", "")) == (
        "computation"
    )
