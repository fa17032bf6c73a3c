"""One computation as IR: its parameters, its body, its result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import Array, Computation, Leaf, Node, Tree, all_leaves, defined, leaves, used
from fadc.syntax.modules.channels import report_channels
from fadc.syntax.modules.decorators import read_decorators
from fadc.syntax.modules.module import name_of
from fadc.syntax.scope.scope import Scope
from fadc.syntax.statements.results import read_body
from fadc.syntax.statements.signatures import read_parameters, read_result_annotation
from fadc.syntax.types.declared import Declared, Structure


def read_computation(scope: Scope, node: ast.FunctionDef, key: str) -> Computation:
    """One computation as IR; if it has errors, as far as it can be read, without a result."""
    module = scope.module
    before = len(module.reports)
    parameters = read_parameters(scope, node)
    transpose, transpose_span = read_decorators(module, node)
    declared, annotation = read_result_annotation(module, node)
    result = read_body(scope, node, declared)
    report_channels(module, node)
    if result is None or module.has_standing(before):
        declared, result = None, Node("tuple", ())
    return Computation(
        key,
        tuple(parameters),
        tuple(scope.operations),
        result,
        annotation,
        module.text.span(name_of(module, node)),
        ast.get_docstring(node),
        transpose,
        module.path,
        tuple(_arrays(declared, result)) if declared is not None else (),
        transpose_span=transpose_span,
        labels=_labels(node, result),
    )


def _labels(node: ast.FunctionDef, result: Tree) -> tuple[str, ...]:
    """The names that a computation returns; none if one of them is bound to several parts."""
    value = getattr(node.body[-1], "value", None)
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    if isinstance(value, ast.Name) and isinstance(result, Node):
        return ()
    return tuple(part.id if isinstance(part, ast.Name) else "" for part in parts)


def is_whole(computation: Computation) -> bool:
    """Whether a computation reads only values that are defined, no placeholders of errors."""
    known = defined(computation.block)
    known.update(all_leaves(parameter.tree for parameter in computation.parameters))
    return known.issuperset((*used(computation.block), *leaves(computation.result)))


def _arrays(declared: Declared, tree: Tree) -> Iterator[Array | None]:
    """The array that the result's annotation declares for each leaf of the result."""
    if isinstance(declared, Structure) and isinstance(tree, Node):
        known = declared.children
        children = known * len(tree.children) if len(known) == 1 else known
        if declared.kind == "dict":
            children = tuple(declared.part(key) for key in tree.keys)
        for part, child in zip(children, tree.children, strict=True):
            yield from _arrays(part, child)
    else:
        yield declared.array if isinstance(declared, Leaf) else None
