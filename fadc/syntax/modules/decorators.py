"""The decorators of a computation: the options of `@fed.computation`, and decorators below it."""

from __future__ import annotations

import ast

from fadc.ir import Aggregator
from fadc.span import Span
from fadc.syntax.modules.module import Module, decoration
from fadc.syntax.source.names import first_starred

_TRANSPARENT = frozenset(
    "jit filter_jit named_call jaxtyped typechecked typechecker beartype no_type_check".split()
)
"""Decorators that do not change what a function computes."""


def read_decorators(module: Module, node: ast.FunctionDef) -> tuple[Aggregator | None, Span | None]:
    """The mechanism that a computation declares for transposed broadcasts, and its position."""
    decorator = decoration(module, node)
    if decorator is None:  # Its name was rebound afterwards.
        return None, None
    below = node.decorator_list[node.decorator_list.index(decorator) + 1 :]
    for other in below:
        if not _is_transparent(module, other) and not module.is_undefined(other):
            callee = other.func if isinstance(other, ast.Call) else other
            label = module.text.segment(callee)
            module.report("FAD133", other, decorator=label, name=node.name)
    return _read_options(module, decorator) if isinstance(decorator, ast.Call) else (None, None)


def _is_transparent(module: Module, decorator: ast.expr) -> bool:
    """Whether a decorator, perhaps in a partial, is known to leave its function's results alone."""
    if isinstance(decorator, ast.Call):
        partial = module.resolve(decorator.func) == "functools.partial"
        return _is_transparent(
            module, decorator.args[0] if partial and decorator.args else decorator.func
        )
    return (module.resolve(decorator) or "").rpartition(".")[2] in _TRANSPARENT


def _read_options(module: Module, decorator: ast.Call) -> tuple[Aggregator | None, Span | None]:
    """The arguments of ``@fed.computation(…)``."""
    callee = module.text.segment(decorator.func)
    starred = first_starred(decorator)
    if starred is not None:
        module.report("FAD107", starred, what="argument")
        return None, None
    for argument in decorator.args:
        module.report(
            "FAD119", argument, callee=callee, problem="takes no positional argument here"
        )
    found, where = None, None
    for keyword in decorator.keywords:
        if keyword.arg != "transpose_broadcast":
            problem = f"has no parameter `{keyword.arg}`"
            module.report("FAD119", keyword, callee=callee, problem=problem)
        elif not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
            found = module.aggregator(keyword.value)
            where = module.text.span(keyword.value)
            if found is None and not module.is_undefined(keyword.value):
                module.report("FAD127", keyword.value, name=module.text.segment(keyword.value))
    return found, where
