"""The objects that a function uses when it runs. When one of them changes, its derivative is stale.

Python's objects are followed, no text is read: from a function's code to the globals that it names,
to closures, defaults, classes, partial applications and wrapped functions (`jax.grad(loss)`), and
from each function of the program among them in the same way. Installed packages are not followed.
"""

import functools
import sys
import sysconfig
from collections.abc import Iterator
from os.path import dirname
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

_INSTALLED = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {dirname(dirname(__file__))}
)
_RULES = ("fun", "fwd", "bwd", "jvp")
"""The attributes in which `jax.custom_jvp` and `jax.custom_vjp` keep functions."""


def reached(function: FunctionType) -> tuple[Any, ...]:
    """Everything that a function of the program uses, in an order given by the program alone."""
    found: list[Any] = []
    waiting: list[Any] = [function]
    seen: set[int] = set()
    home = _package(function)
    for value in waiting:
        found.append(value)
        if id(value) not in seen:
            seen.add(id(value))
            waiting += _parts(value, home)
    return tuple(found)


def is_alike(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Whether two sequences of objects give the same derivative.

    Values of floats and of arrays do not matter.
    """
    return len(before) == len(after) and all(map(_is_alike, before, after))


def _is_alike(before: Any, after: Any) -> bool:
    if before is after:
        return True
    if type(before) is not type(after):
        return False
    if isinstance(before, int | str):
        return bool(before == after)
    if hasattr(before, "shape") and hasattr(before, "dtype"):
        return bool(before.shape == after.shape and before.dtype == after.dtype)
    return isinstance(before, float)


def _parts(value: Any, home: str) -> Iterator[Any]:
    """The objects that one object uses directly."""
    if isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, type):
        if _is_own(value, home):
            yield from (each for each in vars(value).values() if isinstance(each, FunctionType))
            yield from value.__bases__
    elif isinstance(value, FunctionType) and _is_own(value, home):
        yield from _of_function(value, home)
    elif callable(value):
        yield from _wrapped(value)


def _of_function(function: FunctionType, home: str) -> Iterator[Any]:
    names = _names(function.__code__)
    yield function.__code__
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from _wrapped(function)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # It is not bound yet.
            continue
    yield from _named(function.__globals__, names, home)


def _named(namespace: dict[str, Any], names: tuple[str, ...], home: str) -> Iterator[Any]:
    """The values of names in a namespace.

    Where a value is a module of the program, also the values of these names in it.
    """
    spaces, seen = [namespace], {id(namespace)}
    for space in spaces:
        for name in names:
            if name not in space:
                continue
            value = space[name]
            yield value
            if isinstance(value, ModuleType) and id(vars(value)) not in seen:
                seen.add(id(vars(value)))
                spaces += [vars(value)] if _is_program(value.__name__, home) else []


def _wrapped(value: Any) -> Iterator[Any]:
    """The functions that a callable wraps (`functools.wraps`) or has as custom rules in JAX."""
    inner = getattr(value, "__wrapped__", None)
    rules = getattr(value, "__dict__", {})
    yield from (each for each in (inner, *map(rules.get, _RULES)) if callable(each))
    if not isinstance(value, FunctionType):
        yield type(value)


@functools.lru_cache(4096)
def _names(code: CodeType) -> tuple[str, ...]:
    """The names that code, including the code nested in it, looks up."""
    inner = (_names(each) for each in code.co_consts if isinstance(each, CodeType))
    return tuple(dict.fromkeys([*code.co_names, *(name for names in inner for name in names)]))


def _is_own(value: FunctionType | type, home: str) -> bool:
    if isinstance(value, FunctionType):
        return _is_program(str(value.__globals__.get("__name__")), home)
    return _is_program(str(value.__module__), home)


def _is_program(module: str, home: str) -> bool:
    """Whether a module belongs to the program: it is in its package, or in no installed package."""
    return module.partition(".")[0] in (home, "__main__") or not _is_installed(module)


@functools.lru_cache(4096)
def _is_installed(module: str) -> bool:
    path = getattr(sys.modules.get(module), "__file__", None)
    return path is None or path.startswith(_INSTALLED)


def _package(function: FunctionType) -> str:
    return str(function.__globals__.get("__name__", "__main__")).partition(".")[0]
