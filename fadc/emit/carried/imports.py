"""The imports of an emitted module: the user's that are used, and those that derived code needs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

from fadc.emit.code.user import laid_out_statement
from fadc.emit.context import Context
from fadc.syntax.modules.module import Module

Lines = list[str]
Edits = dict[int, tuple[int, Lines]]
"""Maps the first line of a range (from 1) to its last line and the lines that replace it."""


def names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names in the user's code."""
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def import_lines(text: str) -> Lines:
    """An import, on several lines if it is long."""
    return laid_out_statement(text).split("\n")


def pruned_imports(module: Module, staying: list[ast.stmt], used: set[str]) -> Edits:
    """Edits that remove the imports which only removed code used."""
    before = names(module.tree.body)
    edits: Edits = {}
    for node in staying:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        kept = [a for a in node.names if _local(a) in used or _local(a) not in before]
        if len(kept) == len(node.names):
            continue
        last = node.end_lineno or node.lineno
        edits[node.lineno] = (last, _import_of(node, kept) if kept else [])
    return edits


def _local(alias: ast.alias) -> str:
    """The name that an import binds."""
    return alias.asname or alias.name.split(".")[0]


def _import_of(node: ast.Import | ast.ImportFrom, kept: list[ast.alias]) -> Lines:
    """The import of some of the names."""
    listed = ", ".join(
        f"{each.name} as {each.asname}" if each.asname else each.name for each in kept
    )
    if isinstance(node, ast.Import):
        return import_lines(f"import {listed}")
    return import_lines(f"from {'.' * node.level}{node.module or ''} import {listed}")


def added_imports(module: Module, context: Context) -> dict[int, Lines]:
    """Imports that only derived code needs, by the line in front of which they are inserted."""
    added: dict[int, Lines] = {}
    for dotted, local in sorted(context.imports.items()):
        if local in context.used:
            line = f"import {dotted}" if dotted == local else f"import {dotted} as {local}"
            added.setdefault(_import_anchor(module, dotted), []).extend(import_lines(line))
    imports = leading_imports(module)
    behind = (imports[-1].end_lineno or 0) + 1 if imports else 1
    for (path, name), local in sorted(context.foreign.items()):
        if path in module.origins and not _is_shared(module, context, path, name, local):
            renamed = name if name == local else f"{name} as {local}"
            line = f"from {module.origins[path]} import {renamed}"
            added.setdefault(behind, []).extend(import_lines(line))
    return added


def _is_shared(module: Module, context: Context, path: str, name: str, local: str) -> bool:
    """Whether a global of another module is bound by the same import here."""
    known = module.imports.get(local)
    return known is not None and known == context.modules[path].imports.get(name)


def _import_anchor(module: Module, dotted: str) -> int:
    """The line in front of which to insert an import: sorted, in the block of its kind."""
    imports = leading_imports(module)
    if not imports:
        first = module.tree.body[0] if module.tree.body else None
        docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return (first.end_lineno or 0) + 1 if first is not None and docstring else 1
    block = _block_for(imports, dotted)
    plain = [node for node in block if isinstance(node, ast.Import)]
    later = [node for node in plain if node.names[0].name > dotted]
    if later:
        return later[0].lineno
    if plain:
        return (plain[-1].end_lineno or plain[-1].lineno) + 1
    return block[0].lineno


def leading_imports(module: Module) -> list[ast.Import | ast.ImportFrom]:
    found: list[ast.Import | ast.ImportFrom] = []
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
    return found


def _block_for(
    imports: list[ast.Import | ast.ImportFrom], dotted: str
) -> list[ast.Import | ast.ImportFrom]:
    """The block of imports, without empty lines inside, to which an import belongs."""
    blocks: list[list[ast.Import | ast.ImportFrom]] = []
    for node in imports:
        last = blocks[-1][-1] if blocks else None
        if last is not None and node.lineno == (last.end_lineno or last.lineno) + 1:
            blocks[-1].append(node)
        else:
            blocks.append([node])
    package = dotted.partition(".")[0]
    for block in blocks:
        if package in map(_root, block):
            return block
    foreign = [b for b in blocks if not set(map(_root, b)) & {*sys.stdlib_module_names, ""}]
    return (foreign or blocks[-1:])[0]


def _root(node: ast.Import | ast.ImportFrom) -> str:
    name = (
        node.names[0].name
        if isinstance(node, ast.Import)
        else "." * node.level + (node.module or "")
    )
    return name.partition(".")[0]
