"""Whether a file still contains the code that runs, or was edited after it was imported."""

import functools
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType
from typing import Any


def is_running(text: str, path: str, function: FunctionType) -> bool:
    """Whether a function's code is that of the text; True if it does not come from this text.

    Code that an import hook has compiled (for run-time checks or tests) differs anyway, and gives
    True.
    """
    loader = function.__globals__.get("__loader__")
    if function.__code__.co_filename != path or type(loader) is not SourceFileLoader:
        return True
    name = function.__code__.co_qualname
    codes = [code for code in _codes(text, path) if code.co_qualname == name]
    return not codes or any(_meaning(code) == _meaning(function.__code__) for code in codes)


def defines(text: str, path: str, function: FunctionType) -> bool:
    """Whether a text defines a function of this name at this line.

    `exec` names all texts `<string>`, and since Python 3.13 that is also the text of `python -c`.
    """
    wanted = function.__code__.co_qualname, function.__code__.co_firstlineno
    return any((code.co_qualname, code.co_firstlineno) == wanted for code in _codes(text, path))


@functools.lru_cache(8)
def _codes(text: str, path: str) -> tuple[CodeType, ...]:
    """The code of a module's top-level functions."""
    try:
        module = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(each for each in module.co_consts if isinstance(each, CodeType))


def _meaning(code: CodeType) -> tuple[Any, ...]:
    """The behaviour of code, independent of its place in the file."""
    inner = tuple(
        _meaning(each) if isinstance(each, CodeType) else (type(each), each)
        for each in code.co_consts
    )
    return code.co_code, code.co_names, code.co_varnames, inner
