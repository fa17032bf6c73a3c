"""Runs an emitted derivative and compares it with JAX's own.

Random inputs are in double precision. The tolerance follows the dtypes of given inputs and of all
values computed from them, casts of the program included (see `fadc.verify.precision`).

The dot-product test ⟨J v, u⟩ = ⟨v, Jᵀ u⟩ compares the emitted pushforward with JAX's pullback, or
the emitted pullback with JAX's pushforward (Griewank & Walther, Evaluating Derivatives, 2nd ed.,
section 3.3).
"""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import jax
import numpy as np

from fadc import pipeline
from fadc.calculus.selection import position_of_result
from fadc.derive.request import Request, choose_computation
from fadc.diagnostics import Diagnostic, has_errors
from fadc.errors import UsageError
from fadc.ir import Computation, Node
from fadc.language.annotations import signature
from fadc.language.floats import floats_of
from fadc.project.files import SourceFile
from fadc.syntax.computations import read_program
from fadc.syntax.modules.imports import importable_name
from fadc.texts import normalised, read_file
from fadc.verify.directions import apart, direction, dot, products_apart
from fadc.verify.inputs import differentiable, random_inputs
from fadc.verify.loading import load, run, told
from fadc.verify.precision import float_dtypes, in_order, tolerance

_SUFFIXES = {"forward": "_jvp", "reverse": "_vjp", "mixed": "_vjp"}


@dataclass(frozen=True)
class Comparison:
    """What to verify. `inputs` names the `MODULE:FUNCTION` that makes them; None: random ones."""

    source: SourceFile
    request: Request
    clients: tuple[int, ...]
    seed: int = 0
    inputs: str | None = None


@dataclass(frozen=True)
class _Case:
    """One comparison. ``label`` is the key or position of the result that is differentiated."""

    primal: Callable[..., Any]
    derivative: Callable[..., Any]
    arguments: dict[str, Any]
    wrt: tuple[str, ...]
    label: str | int | None
    clients: int
    random: np.random.Generator


@dataclass(frozen=True)
class Errors:
    """The differences of results at one number of clients, relative to 1 + the largest entry.

    ``dtypes`` are the floating-point dtypes of the values, the least precise first. ``dot_product``
    is None if JAX has no pushforward of the program, as with `jax.custom_vjp`.
    """

    clients: int
    dtypes: tuple[str, ...]
    value: float
    derivative: float
    dot_product: float | None

    @property
    def agrees(self) -> bool:
        """Whether all errors are within the tolerance. NaN is not."""
        within, found = tolerance(self.dtypes), (self.value, self.derivative, self.dot_product)
        return all(each is None or each <= within for each in found)


@dataclass(frozen=True)
class Verified:
    """The errors, or the diagnostics for which there is no derivative to run."""

    name: str
    errors: tuple[Errors, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def agrees(self) -> bool:
        """Whether something was run and all of it agrees."""
        return bool(self.errors) and all(each.agrees for each in self.errors)


def verify(task: Comparison) -> Verified:
    """Transforms, runs and compares. Raises UsageError where the program cannot be run."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    request, text, path = task.request, task.source.text, task.source.path
    request.validate()
    found = pipeline.check(text, path, mode=request.mode)
    if has_errors(found):
        return Verified("", (), tuple(found))
    module = load(text, path, "primal")
    chosen = choose_computation(read_program(normalised(text), path, read_file), request.of, path)
    primal = getattr(module, chosen.name, None)
    if not callable(primal):
        raise UsageError(f"there is no computation `{chosen.name}` in {path}")
    arguments = [_arguments(task, primal, clients) for clients in task.clients]
    wrt = request.wrt or differentiable(arguments[0], primal)
    copied = not _can_import(module, path)
    asked = replace(request, of=chosen.name, wrt=wrt, module=None, self_contained=copied)
    return _verified(task, asked, _label(chosen, request.result), primal, arguments)


def _can_import(module: ModuleType, path: str) -> bool:
    """Let the emitted module import the program's classes from the running module, if possible."""
    name = importable_name(path, read_file)
    if name is None or name in sys.modules:
        return False
    sys.modules[name] = module
    return True


def _label(computation: Computation, result: str | None) -> str | int | None:
    """The key or position of the result in the computation's result; None for the whole."""
    position = None if result is None else position_of_result(computation, result)
    tree = computation.result
    keys = tree.keys if isinstance(tree, Node) else ()
    return keys[position] if keys and position is not None else position


def _verified(
    task: Comparison,
    request: Request,
    label: str | int | None,
    primal: Callable[..., Any],
    arguments: list[dict[str, Any]],
) -> Verified:
    assert request.of is not None and request.wrt is not None
    path, name = task.source.path, request.of + _SUFFIXES[request.mode]
    done = pipeline.transform(task.source.text, path, request)
    if has_errors(done.diagnostics):
        return Verified(name, (), tuple(done.diagnostics))
    derivative = getattr(load(done.text, path, name), name)
    compare = _forward if request.mode == "forward" else _reverse
    errors = tuple(
        compare(
            _Case(
                primal,
                derivative,
                given,
                request.wrt,
                label,
                clients,
                np.random.default_rng(task.seed),
            )
        )
        for given, clients in zip(arguments, task.clients, strict=True)
    )
    return Verified(name, errors, tuple(done.diagnostics))


def table(verified: Verified) -> str:
    """The errors in columns; empty if nothing was run."""
    if not verified.errors:
        return ""
    dtypes = in_order(name for each in verified.errors for name in each.dtypes)
    within = f"at most {tolerance(dtypes):.0e} for {', '.join(dtypes) or 'integers'}"
    heading = f"{verified.name}, errors relative to 1 + the largest entry, {within}:\n"
    columns = f"{'clients':>8}{'value':>12}{'derivative':>12}{'dot product':>13}\n"
    return heading + columns + "".join(_row(each) for each in verified.errors)


def _row(errors: Errors) -> str:
    product = "none" if errors.dot_product is None else f"{errors.dot_product:.1e}"
    numbers = f"{errors.value:>12.1e}{errors.derivative:>12.1e}{product:>13}"
    return f"{errors.clients:>8}{numbers}  {'agrees' if errors.agrees else 'DISAGREES'}\n"


def _reverse(case: _Case) -> Errors:
    """Compares a pullback; the dot-product test uses JAX's pushforward."""
    of_wrt, at = _function_of(case)
    out, pullback = run(jax.vjp, of_wrt, *at)
    out_bar = direction(out, case.random)
    (seed,) = _seeds(case)
    emitted, bars, *others = run(_called, case.derivative, {**case.arguments, seed: out_bar})
    tangents = tuple(direction(value, case.random) for value in at)
    product = None
    if pushed := _pushed(of_wrt, at, tangents):
        product = products_apart(dot(pushed[0], out_bar), dot(tangents, bars))
    value = apart((emitted, *others), (out, *_others(case)))
    dtypes = float_dtypes(lambda *values: jax.vjp(of_wrt, *values)[1](out_bar), *at)
    derivative = apart(bars, pullback(out_bar))
    return Errors(case.clients, dtypes, value, derivative, product)


def _pushed(
    function: Callable[..., Any], at: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, ...]:
    """JAX's tangent of the output in a tuple; empty if JAX has no forward mode for the function."""
    try:
        return (jax.jvp(function, at, tangents)[1],)
    except TypeError:  # A function with a custom_vjp has no forward derivative.
        return ()


def _forward(case: _Case) -> Errors:
    """Compares a pushforward; the dot-product test uses JAX's pullback."""
    of_wrt, at = _function_of(case)
    tangents = tuple(direction(value, case.random) for value in at)
    out, out_dot = run(jax.jvp, of_wrt, at, tangents)
    seeds = dict(zip(_seeds(case), tangents, strict=True))
    emitted, emitted_dot, *others = run(_called, case.derivative, {**case.arguments, **seeds})
    out_bar = direction(out, case.random)
    _, pullback = jax.vjp(of_wrt, *at)
    products = dot(emitted_dot, out_bar), dot(tangents, pullback(out_bar))
    value = apart((emitted, *others), (out, *_others(case)))
    dtypes = float_dtypes(lambda *values: jax.jvp(of_wrt, values, tangents), *at)
    derivative = apart(emitted_dot, out_dot)
    return Errors(case.clients, dtypes, value, derivative, products_apart(*products))


def _function_of(case: _Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The primal's chosen result as a function of `wrt` alone, and the point of differentiation."""

    def of_wrt(*values: Any) -> Any:
        given = {**case.arguments, **dict(zip(case.wrt, values, strict=True))}
        results = _called(case.primal, given)
        return results if case.label is None else results[case.label]

    unknown = [name for name in case.wrt if name not in case.arguments]
    if unknown:
        raise UsageError(f"`{unknown[0]}` is not a parameter of `{case.primal.__name__}`")
    return of_wrt, tuple(case.arguments[name] for name in case.wrt)


def _others(case: _Case) -> tuple[Any, ...]:
    """The results that are not differentiated, as one container; empty if all are."""
    if case.label is None:
        return ()
    results = run(_called, case.primal, case.arguments)
    if isinstance(results, dict):
        return ({key: value for key, value in results.items() if key != case.label},)
    return ([value for index, value in enumerate(results) if index != case.label],)


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Calls a function with all arguments by name, except positional-only ones."""
    parameters = inspect.signature(function).parameters.values()
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY]
    named = {name: value for name, value in arguments.items() if name not in positional}
    return function(*(arguments[name] for name in positional), **named)


def _seeds(case: _Case) -> list[str]:
    """The parameters that the derivative adds to the primal's: tangents or the cotangent."""
    known = inspect.signature(case.primal).parameters
    return [name for name in inspect.signature(case.derivative).parameters if name not in known]


def _arguments(task: Comparison, primal: Callable[..., Any], clients: int) -> dict[str, Any]:
    if task.inputs is None:
        return random_inputs(primal, clients, task.seed)
    module, _, function = task.inputs.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        made = getattr(importlib.import_module(module), function)(clients)
    except Exception as error:
        raise UsageError(f"--inputs {task.inputs}: {told(error)}") from error
    finally:
        sys.path.remove(os.getcwd())
    if not isinstance(made, dict):
        raise UsageError(f"--inputs {task.inputs} must return a dict of arguments")
    return floats_of(signature(primal), made)
