"""Derivatives of computations that are at hand as functions: for notebooks and scripts.

The function's module is read as text, as the commands do. Of what is emitted, only what is new is
run, with the module's globals as they are when the derivative is first asked for: so the user's
classes stay the same classes, and neither the module nor the notebook's cell runs a second time.
"""

import ast
import itertools
import linecache
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import unwrap
from types import ModuleType
from typing import Any

from fadc import pipeline
from fadc.diagnostics import Diagnostic, Severity
from fadc.errors import TransformError

_CACHE = "__fadc_derivatives__"
_numbers = itertools.count(1)

Wrt = str | Iterable[str] | None


@dataclass(frozen=True)
class _Options:
    mode: str
    wrt: tuple[str, ...] | None
    result: str | None
    residuals: str = "store"
    checkpoint: int | None = None


def jvp(fn: Callable[..., Any], /, wrt: Wrt = None, *, result: str | int | None = None) -> Any:
    """The pushforward of a computation, as the function that `fadc transform` would emit.

    `NAME_jvp(<arguments>, *, <wrt>_dot, …) -> (out, out_dot)`. Its source is shown by
    `inspect.getsource`, in tracebacks and in debuggers.

    Args:
      fn: a function decorated with `fed.computation`, at the top level of a module or a cell.
      wrt: the parameters to differentiate by, as names or as `"a,b"`; by default every
        differentiable server-placed one.
      result: the key, position or variable of the result to differentiate; the others come back
        as auxiliary outputs.

    Raises:
      TypeError: for what is not a computation.
      OSError: where its source is not to be had.
      UsageError: for an unknown parameter, result or option.
      TransformError: for a program that has no such derivative; the text shows why and where.
    """
    return _derivative(fn, _Options("forward", _names(wrt), _text(result)), "jvp")


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
      checkpoint: store every K-th carried value of a loop and recompute between.
    """
    options = _Options("reverse", _names(wrt), _text(result), residuals, checkpoint)
    return _derivative(fn, options, "vjp")


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

    Args and errors are those of `vjp`. Raises TypeError, too, where the result is not one scalar
    server value.
    """
    options = _Options("reverse", _names(wrt), _text(result), residuals, checkpoint)
    return _derivative(fn, options, "value_and_grad")


def _derivative(fn: Callable[..., Any], options: _Options, kind: str) -> Any:
    from fadc.language.computation import is_computation

    if not is_computation(fn):
        raise TypeError(f"{kind} takes a function decorated with @fed.computation, not {fn!r}")
    made = vars(unwrap(fn)).setdefault(_CACHE, {})
    if options not in made:
        made[options] = _compiled(fn, options)
    name = f"{unwrap(fn).__name__}_{kind}"
    if not hasattr(made[options], name):
        raise TypeError(
            f"`{fn.__name__}` has no {name}: its result is not one scalar at the server. "
            "Choose one with result=…, or use fadc.vjp"
        )
    return getattr(made[options], name)


def _compiled(fn: Callable[..., Any], options: _Options) -> ModuleType:
    """A module with the derivatives that the options ask for."""
    from fadc.surroundings import surroundings

    inner, found = unwrap(fn), surroundings(fn)
    done = pipeline.transform(
        found.text,
        found.path,
        mode=options.mode,
        of=inner.__name__,
        wrt=options.wrt,
        result=options.result,
        residuals=options.residuals,
        checkpoint=options.checkpoint,
        self_contained=True,  # Of the classes there is one copy: what was defined is not defined again.
    )
    if any(each.severity is Severity.ERROR for each in done.diagnostics):
        raise TransformError(_shown(done.diagnostics, found.text, found.path), done.diagnostics)
    grave = [each for each in done.diagnostics if each.severity is Severity.WARNING]
    if grave:
        warnings.warn(_shown(grave, found.text, found.path), stacklevel=4)
    return _run(done.text, found.text, inner)


def _run(emitted: str, source: str, inner: Callable[..., Any]) -> ModuleType:
    """A fresh module in which what is new in the emitted text has been run."""
    filename = f"<fadc {inner.__name__} {next(_numbers)}>"
    linecache.cache[filename] = (len(emitted), None, emitted.splitlines(keepends=True), filename)
    surrounding = inner.__globals__
    module = ModuleType(f"{surrounding.get('__name__', '__main__')}.{filename}")
    own = {name: value for name, value in surrounding.items() if name not in vars(module)}
    vars(module).update(own, __file__=filename, __package__=surrounding.get("__package__"))
    tree = ast.parse(emitted, filename)
    known = {ast.dump(statement) for statement in ast.parse(source).body}
    tree.body = [each for each in tree.body if _is_future(each) or ast.dump(each) not in known]
    code = compile(tree, filename, "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102  Running the derivative is what was asked for.
    return module


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _shown(diagnostics: Iterable[Diagnostic], text: str, path: str) -> str:
    """Diagnostics as the commands show them, below an empty line."""
    from fadc.emit.diagnostics.full import render

    return "\n" + render(list(diagnostics), {path: text}, columns=100).rstrip()


def _names(wrt: Wrt) -> tuple[str, ...] | None:
    if wrt is None:
        return None
    return tuple(name.strip() for name in (wrt.split(",") if isinstance(wrt, str) else wrt))


def _text(result: str | int | None) -> str | None:
    return None if result is None else str(result)
