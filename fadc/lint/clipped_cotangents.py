"""The arguments whose cotangents a local function clips, by a `jax.custom_vjp` with such a rule.

JAX's documentation calls the pattern gradient clipping: an identity, `defvjp` with a rule that clips.
"""

from __future__ import annotations

import ast

from fadc.analyses.cotangent_uploads import Clipping
from fadc.ir import Mapped
from fadc.lint.clipping import Function, clips_result, own_derivative
from fadc.syntax.modules.module import Module
from fadc.syntax.source import names


def clipping(module: Module, function: Mapped) -> Clipping:
    """What a mapped function of this module clips."""
    node = ast.parse(f"({function.source}\n)", mode="eval").body
    positions = range(len(function.parameters))
    clipped = frozenset(i for i in positions if _clips_cotangent(module, node, i))
    return Clipping(clips_result(module, node), clipped)


def _clips_cotangent(module: Module, node: ast.expr, position: int) -> bool:
    """Whether a function uses the argument at a position only through a cotangent clipper."""
    if _is_cotangent_clipper(module, node):
        return True
    function: Function | None = node if isinstance(node, ast.Lambda) else None
    if isinstance(node, ast.Name):
        function = module.function(node)
    known = names.positional(function) if function is not None else []
    if function is None or position >= len(known):
        return False
    inside = list(ast.walk(function))
    clipped = [
        argument
        for call in inside
        if isinstance(call, ast.Call) and _is_cotangent_clipper(module, call.func)
        for argument in call.args
    ]
    uses = [n for n in inside if isinstance(n, ast.Name) and n.id == known[position]]
    rebound = min((n.lineno for n in uses if isinstance(n.ctx, ast.Store)), default=None)
    reads = [n for n in uses if isinstance(n.ctx, ast.Load)]
    if rebound is not None:  # what is read below is the clipped value
        reads = [n for n in reads if n.lineno <= rebound]
    return bool(reads) and all(read in clipped for read in reads)


def _is_cotangent_clipper(module: Module, node: ast.expr) -> bool:
    definition = module.function(node)
    if definition is None or not own_derivative(module, definition):
        return False
    return any(clips_result(module, rule) for rule in _backward_rules(module, definition.name))


def _backward_rules(module: Module, name: str) -> list[ast.expr]:
    """The backward rules of `name.defvjp(forward, backward)`."""
    found = []
    for statement in module.tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            mine = isinstance(owner, ast.Name) and owner.id == name
            if mine and call.func.attr == "defvjp" and len(call.args) == 2:
                found.append(call.args[1])
    return found
