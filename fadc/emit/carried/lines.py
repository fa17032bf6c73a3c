"""The lines of the user's module that stay: copied as text, so comments and formatting survive."""

from __future__ import annotations

import ast

from fadc.emit.carried.classes import Classes, find_classes
from fadc.emit.carried.imports import (
    Edits,
    Lines,
    added_imports,
    import_lines,
    leading_imports,
    names,
    pruned_imports,
)
from fadc.emit.context import Context
from fadc.syntax.modules.module import Module, decoration


def carried_over(module: Module, context: Context, derived: set[str], origin: str | None) -> Lines:
    """The lines of the user's module that are kept, given the names that derived code mentions.

    ``origin`` is the module from which the program's classes are imported, None where they are copied.
    """
    classes = find_classes(module) if origin else Classes((), (), ())
    removed = _removed(module, context, classes)
    staying = [node for node in module.tree.body if node not in removed]
    used = names(staying) | derived
    edits = pruned_imports(module, staying, used)
    for node in removed:
        first, last = _extent(module, node)
        edits[first] = (last, [])
    added = added_imports(module, context)
    imported = [name for name in classes.names if name in used]
    if origin and imported:
        _add_classes(
            module, classes, import_lines(f"from {origin} import {', '.join(imported)}"), added
        )
    return _apply(list(module.text.lines), edits, added)


def _removed(module: Module, context: Context, classes: Classes) -> list[ast.stmt]:
    """What is not kept: the script, imported classes, computations that nothing calls."""
    removed = [node for node in module.tree.body if _is_main(node) or node in classes.removed]
    kept = _kept_computations(module, context, removed)
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and decoration(module, node) and node.name not in kept:
            removed.append(node)
    return removed


def _add_classes(module: Module, classes: Classes, lines: Lines, added: dict[int, Lines]) -> None:
    """Add the import of classes after all other imports and statements that register classes."""
    behind = [*leading_imports(module), *classes.behind]
    last = max((node.end_lineno or 0 for node in behind), default=0)
    added.setdefault(last + 1, []).extend(["", *lines] if behind else lines)


def _is_main(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__"`."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def _kept_computations(module: Module, context: Context, removed: list[ast.stmt]) -> set[str]:
    """The computations that copied code still calls."""
    plain = [
        node
        for node in module.tree.body
        if node not in removed
        and not (isinstance(node, ast.FunctionDef) and decoration(module, node))
    ]
    wanted = (names(plain) | context.used) & set(module.computations)
    kept: set[str] = set()
    while wanted:
        name = min(wanted)
        kept.add(name)
        found = names([module.computations[name]]) & set(module.computations)
        wanted = (wanted | found) - kept
    return kept


def _extent(module: Module, node: ast.stmt) -> tuple[int, int]:
    """The line range of a definition and of the comment above it."""
    first = node.lineno
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        first = min(decorator.lineno for decorator in node.decorator_list)
    lines = module.text.lines
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    last = node.end_lineno or node.lineno
    while last < len(lines) and not lines[last].strip():
        last += 1
    return first, last


def _apply(lines: Lines, edits: Edits, added: dict[int, Lines]) -> Lines:
    """The lines after all edits, with those ``added`` in front of a line."""
    result: Lines = []
    number = 1
    while number <= len(lines):
        result += added.get(number, [])
        if number in edits:
            last, replacement = edits[number]
            result += replacement
            number = last + 1
        else:
            result.append(lines[number - 1])
            number += 1
    return result
