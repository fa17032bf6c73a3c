"""The declarations at the top level of a module: names, functions, computations, aggregators."""

from __future__ import annotations

import ast
import sys

import fadc
from fadc.ir import Aggregator
from fadc.syntax.modules.module import PACKAGE, Module, decoration, name_of
from fadc.syntax.source.text import Located


def declare(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import(names=names):
            for alias in names:
                local = alias.asname or alias.name.split(".")[0]
                _bind_import(module, statement, local, alias, alias.name if alias.asname else local)
        case ast.ImportFrom(names=names):
            prefix = "." * statement.level + (statement.module or "")
            for alias in names:
                if alias.name == "*" and prefix == PACKAGE:
                    module.imports.update({name: f"{PACKAGE}.{name}" for name in fadc.__all__})
                local = alias.asname or alias.name
                _bind_import(module, statement, local, alias, f"{prefix}.{alias.name}")
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            _declare_function(module, statement)
            _bind(module, name, name_of(module, statement))
        case ast.ClassDef(name=name):
            module.definitions.setdefault(name, []).append(statement)
            _bind(module, name, name_of(module, statement))
        case ast.Assign(targets=targets, value=value):
            _declare_assigned(module, targets, value)
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            _declare_assigned(module, [target], value)
        case ast.For(target=target) | ast.AugAssign(target=target):
            _declare_assigned(module, [target], target)
        case _ if sys.version_info >= (3, 12) and isinstance(statement, ast.TypeAlias):
            _declare_assigned(module, [statement.name], statement.value)


def declare_again(module: Module) -> None:
    """Find declarations that could not be recognised before imports were followed."""
    for name, node in list(module.functions.items()):
        if decoration(module, node) is not None:
            del module.functions[name], module.definitions[name]
            module.computations[name] = node
    for name, value in module.aliases.items():
        if name not in module.aggregators:
            _declare_aggregator(module, [ast.Name(name)], value)


def _declare_assigned(module: Module, targets: list[ast.expr], value: ast.expr) -> None:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                optional = isinstance(value, ast.Constant) and value.value is None
                _bind(module, node.id, node, optional)
    if len(targets) == 1 and isinstance(targets[0], ast.Name):
        module.aliases[targets[0].id] = value
        module.definitions.setdefault(targets[0].id, []).append(value)
    _declare_aggregator(module, targets, value)


def _bind_import(
    module: Module, statement: ast.stmt, local: str, alias: ast.alias, dotted: str
) -> None:
    """Bind imported names. Fallbacks for a missing fadc are ignored."""
    known = module.imports.get(local, "")
    alternative = statement.col_offset > 0 and known.partition(".")[0] == PACKAGE
    _bind(module, local, alias, optional=alternative)
    module.imports[local] = known if alternative else dotted


def _bind(module: Module, name: str, node: Located, optional: bool = False) -> None:
    """Count a binding; ``optional`` ones are fallbacks for a failed import."""
    if name in module.names and name in module.computations:
        module.report("FAD128", node, name=name)
    if name in module.aggregators:
        module.report("FAD125", node, problem="is bound more than once")
    if not optional:
        module.imports.pop(name, None)
    module.names[name] = module.names.get(name, 0) + 1


def _declare_function(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if decoration(module, node) is None:
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = node
        module.definitions.setdefault(node.name, []).append(node)
        return
    if isinstance(node, ast.AsyncFunctionDef):
        module.report("FAD105", name_of(module, node))
    else:
        module.computations.setdefault(node.name, node)


def _declare_aggregator(module: Module, targets: list[ast.expr], value: ast.expr) -> None:
    if not (isinstance(value, ast.Call) and module.resolve(value.func) == f"{PACKAGE}.aggregator"):
        return
    like = next((keyword.value for keyword in value.keywords if keyword.arg == "like"), None)
    if like is None and len(value.args) > 1:
        like = value.args[1]
    resolved = module.resolve(like) if like is not None else None
    first = value.args[0] if value.args else None
    if not (len(targets) == 1 and isinstance(targets[0], ast.Name)):
        module.report("FAD125", value, problem="is not assigned to one name")
    elif not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        module.report("FAD125", value, problem="has no literal name")
        kind = "mean" if resolved == "fadc.mean" else "sum"
        module.aggregators[targets[0].id] = Aggregator(kind, targets[0].id, module.path)
    elif resolved not in ("fadc.sum", "fadc.mean"):
        module.report("FAD125", value, problem="is not like `fed.sum` or `fed.mean`")
        module.aggregators[targets[0].id] = Aggregator("sum", targets[0].id, module.path)
    else:
        module.aggregators[targets[0].id] = Aggregator(
            resolved.partition(".")[2], targets[0].id, module.path, first.value
        )
