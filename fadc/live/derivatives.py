"""The derivative of a function object, for its program as it is when the derivative is called.

The function's module is read as text, as the commands do. Only those statements of the emitted
module are run that the user's module does not contain, with the user's globals as they are at each
call: so the user's classes stay the same classes, and neither the module nor the notebook's cell
runs a second time. Where something that the function uses has changed since, the derivative is made
anew.
"""

import ast
import functools
import inspect
import itertools
import linecache
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeGuard

import jax

from fadc import pipeline
from fadc.derive.request import Request
from fadc.diagnostics import Diagnostic, Severity, has_errors
from fadc.engines.leaves import is_float0
from fadc.errors import TransformError
from fadc.live.dependencies import is_alike, reached
from fadc.live.module_text import Surroundings, current_file, surroundings
from fadc.live.rebound_names import GENERATED
from fadc.reports.diagnostics.full import render

_DERIVATIVES = "__fadc_derivatives__"
_ORIGIN = "__fadc_origin__"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class DerivativeOptions:
    """The options of a derivative."""

    mode: str
    wrt: tuple[str, ...] | None
    result: str | None
    residuals: str = "store"
    checkpoint: int | None = None


@dataclass
class CurrentDerivatives:
    """The derivatives of one function for one set of options, and the objects that they use."""

    function: Callable[..., Any]
    options: DerivativeOptions
    module: "DerivedModule | None" = None
    reached: tuple[Any, ...] = ()
    functions: dict[str, Any] = field(default_factory=dict)

    def current(self, kind: str, depth: int) -> Any:
        """A derivative of the program as it is now. `depth` counts frames up to the user's call."""
        _refresh(self.function, depth + 1)
        found = reached(_inner(self.function))
        if self.module is None or not is_alike(self.reached, found):
            self.module = _derived(self.function, self.options, depth + 1)
        self.reached = found
        name = _inner(self.function).__name__
        derivative = self.module.current(f"{name}_{kind}")
        if derivative is None:
            raise TypeError(f"`{name}` has no {name}_{kind}: {self.module.no_gradient}")
        return derivative


@dataclass(frozen=True)
class DerivedModule:
    """A module in which the new statements of an emitted text have been run.

    `names` are the names that it may look up in the program's globals, and `imports` the code that
    imports from the program's other modules: both are looked up anew at each call.
    """

    module: ModuleType
    globals: dict[str, Any]
    names: frozenset[str]
    imports: CodeType
    no_gradient: str = ""

    def current(self, name: str) -> Any:
        """Updates the module's globals and returns the value of a name, None where it has none."""
        own = vars(self.module)
        for each in self.names:
            if each in self.globals:
                own[each] = self.globals[each]
            else:
                own.pop(each, None)
        exec(self.imports, own)  # noqa: S102
        return own.get(name)


def derivative_of(function: Callable[..., Any], options: DerivativeOptions, kind: str) -> Any:
    """A function that calls the derivative of the program as it is at each call."""
    made = _made(function).setdefault(options, CurrentDerivatives(function, options))
    found = made.current(kind, 5)
    if kind not in made.functions:
        made.functions[kind] = _following(made, kind)
    return functools.update_wrapper(made.functions[kind], found)


def _following(made: CurrentDerivatives, kind: str) -> Any:
    """A function that looks up the current derivative at each call."""

    def run(*args: Any, **kwargs: Any) -> Any:
        found = refreshed(3)(*args, **kwargs)
        if kind == "value_and_grad":
            _refuse_integers(found[1], made.function.__name__)
        return found

    def refreshed(depth: int) -> Any:
        found = made.current(kind, depth + 1)
        functools.update_wrapper(run, found)
        return found

    vars(run)[_ORIGIN] = (run, refreshed)
    return run


def _refuse_integers(bars: tuple[Any, ...], name: str) -> None:
    """Raises TypeError for an argument that has only integers, as `jax.value_and_grad` does."""
    for position, bar in enumerate(bars):
        leaves = jax.tree.leaves(bar)
        if leaves and all(map(is_float0, leaves)):
            raise TypeError(
                f"{name}_value_and_grad: the argument of cotangent {position} has integers only, which "
                "have no gradient. Pass a float, or annotate it with a type of floats"
            )


def _is_derivative(function: Any) -> bool:
    return vars(function).get(_ORIGIN, (None,))[0] is function


def _refresh(function: Callable[..., Any], depth: int) -> None:
    """Updates a derivative that is to be differentiated again."""
    for each in _wrapped(function):
        if _is_derivative(each):
            vars(each)[_ORIGIN][1](depth + 1)
            return


def _wrapped(function: Any) -> Iterator[Any]:
    while function is not None:
        yield function
        function = getattr(function, "__wrapped__", None)


def _made(function: Callable[..., Any]) -> dict[DerivativeOptions, CurrentDerivatives]:
    """The derivatives of a function that have been made so far, by their options."""
    holder = next(filter(_is_derivative, _wrapped(function)), None) or _inner(function)
    made: dict[DerivativeOptions, CurrentDerivatives] = vars(holder).setdefault(_DERIVATIVES, {})
    return made


def _inner(function: Callable[..., Any]) -> FunctionType:
    inner: FunctionType = inspect.unwrap(function)
    return inner


def _derived(function: Callable[..., Any], options: DerivativeOptions, depth: int) -> DerivedModule:
    """A module with the derivatives that the options ask for."""
    found = surroundings(function)
    request = Request(
        options.mode,
        _inner(function).__name__,
        options.wrt,
        options.result,
        options.residuals,
        options.checkpoint,
        self_contained=True,  # `_run` skips statements of the source, such as classes.
    )
    done = pipeline.transform(found.text, found.path, request, load=current_file)
    if has_errors(done.diagnostics):
        raise TransformError(_shown(done.diagnostics, found), done.diagnostics)
    grave = [each for each in done.diagnostics if each.severity is Severity.WARNING]
    if grave:
        warnings.warn(_shown(grave, found), stacklevel=depth)
    return replace(_run(done.text, found.text, _inner(function)), no_gradient=done.no_gradient)


def _run(emitted: str, source: str, inner: FunctionType) -> DerivedModule:
    """A fresh module in which the emitted statements that the source does not have were run."""
    filename = f"{GENERATED}{inner.__name__} {next(_numbers)}>"
    linecache.cache[filename] = (len(emitted), None, emitted.splitlines(keepends=True), filename)
    surrounding = inner.__globals__
    module = ModuleType(f"{surrounding.get('__name__', '__main__')}.{filename}")
    vars(module).update(__file__=filename, __package__=surrounding.get("__package__"))
    known, new = ast.parse(source).body, ast.parse(emitted, filename).body
    told = {ast.dump(statement) for statement in known}
    new = [each for each in new if _is_future(each) or ast.dump(each) not in told]
    imports = [*_imports(new, _bound(known))]
    new = [each for each in new if _is_future(each) or not _is_import(each)]
    names = frozenset(re.findall(r"[^\W\d]\w*", emitted)) - _bound([*imports, *new])
    found = DerivedModule(
        module,
        surrounding,
        frozenset(name for name in names if not name.startswith("__")),
        compile(ast.Module([*imports], []), filename, "exec", dont_inherit=True),
    )
    found.current("")
    code = compile(ast.Module(new, []), filename, "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102  Running the derivative is what was asked for.
    return found


def _imports(new: list[ast.stmt], known: set[str]) -> Iterator[ast.stmt]:
    """The emitted imports, without names that the program binds: its globals have them."""
    for node in new:
        if _is_import(node) and not _is_future(node):
            kept = [each for each in node.names if (each.asname or each.name) not in known]
            if kept:
                node.names = kept
                yield node


def _bound(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that imports and definitions bind, also those under `if` and the like."""
    found = set()
    for statement in statements:
        for node in ast.walk(statement) if not _is_definition(statement) else [statement]:
            if isinstance(node, ast.alias):
                found.add(node.asname or node.name.partition(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif _is_definition(node):
                found.add(node.name)
    return found


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_import(node: ast.stmt) -> TypeGuard[ast.Import | ast.ImportFrom]:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_definition(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.ClassDef]:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def _shown(diagnostics: Iterable[Diagnostic], found: Surroundings) -> str:
    """Diagnostics as the commands show them, after an empty line."""
    return "\n" + render(list(diagnostics), {found.path: found.text}, columns=100).rstrip()
