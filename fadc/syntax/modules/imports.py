"""Computations and aggregators of other files, which are found on disk and never imported."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from keyword import iskeyword
from pathlib import PurePosixPath

from fadc.diagnostics import Diagnostic
from fadc.syntax.modules.module import PACKAGE, Known, Loader, Module
from fadc.syntax.modules.typed_dicts import fields_of
from fadc.syntax.source.blocks import top_level
from fadc.syntax.source.mentions import mentions_fadc


@dataclass(frozen=True)
class Files:
    """The files of a program's package: loaded as text and read as modules, each once."""

    load: Loader
    read: Callable[[str, str], Module | Diagnostic]
    known: Known


def import_foreign(module: Module, files: Files) -> bool:
    """Find computations, aggregators and types that are imported by name from files of the package.

    Returns whether fadc itself, or a part of it, is imported through another file.
    """
    passed_on = False
    for statement in top_level(module.tree.body):
        if not isinstance(statement, ast.ImportFrom):
            continue
        prefix = "." * statement.level + (statement.module or "")
        other = _foreign_module(module, statement, files)
        if other is None:
            continue
        module.origins[other.path] = prefix
        for path, dotted in other.origins.items():
            module.origins.setdefault(path, _relative_to(prefix, dotted))
        for local, original in _imported(module, other, statement):
            owner, name = other.foreign.get(original, (other, original))
            if name in owner.computations and local not in module.functions:
                module.foreign[local] = (owner, name)
            elif original in other.aggregators:
                found = other.aggregators[original]
                module.aggregators[local] = replace(found, name=local, origin=module.path)
            elif original in other.borrowed:
                module.borrowed[local] = other.borrowed[original]
            elif original in other.aliases or fields_of(other, original) is not None:
                module.borrowed[local] = (other, original)
            elif f"{other.imports.get(original)}.".startswith(f"{PACKAGE}."):
                module.imports[local] = other.imports[original]
                passed_on = True
    return passed_on


def importable_name(path: str, load: Loader) -> str | None:
    """The dotted name under which a file can be imported; None if no import can name it.

    The file's directory belongs to a package as long as it has an ``__init__.py``.
    """
    here = PurePosixPath(path)
    parts = [] if here.stem == "__init__" else [here.stem]
    folder = here.parent
    while folder.name not in ("", "..") and load(folder / "__init__.py") is not None:
        parts.insert(0, folder.name)
        folder = folder.parent
    named = (
        here.suffix == ".py" and parts and all(p.isidentifier() and not iskeyword(p) for p in parts)
    )
    return ".".join(parts) if named else None


def _imported(
    module: Module, other: Module, statement: ast.ImportFrom
) -> Iterator[tuple[str, str]]:
    """The names that an import binds, with their names in the other module."""
    for alias in statement.names:
        if alias.name != "*":
            yield alias.asname or alias.name, alias.name
            continue
        told = (other.names, other.imports, other.foreign, other.aggregators, other.borrowed)
        for name in dict.fromkeys(name for names in told for name in names):
            if not name.startswith("_") and name not in module.names:
                yield name, name


def _relative_to(prefix: str, dotted: str) -> str:
    """A dotted name in a module at ``prefix``, relative to the module that writes the prefix."""
    level = len(dotted) - len(dotted.lstrip("."))
    if not level:
        return dotted
    dots = len(prefix) - len(prefix.lstrip("."))
    parts = [part for part in prefix.lstrip(".").split(".") if part]
    kept = parts[: max(len(parts) - level, 0)]
    dots += max(level - len(parts), 0)
    return "." * dots + ".".join([*kept, dotted.lstrip(".")])


def _foreign_module(module: Module, statement: ast.ImportFrom, files: Files) -> Module | None:
    parts = statement.module.split(".") if statement.module else []
    if parts[:1] == [PACKAGE] and not statement.level:
        return None
    for candidate in candidates(PurePosixPath(module.path), statement.level, parts):
        if str(candidate) in files.known:
            return files.known[str(candidate)]
        source = files.load(candidate)
        if source is not None and (mentions_fadc(source) or candidate.name == "__init__.py"):
            found = files.read(source, str(candidate))
            if isinstance(found, Module):
                return found
            break
        if source is not None:
            return None
    else:
        if not statement.level:
            return None
    prefix = "." * statement.level + ".".join(parts)
    for alias in statement.names:
        module.missing[alias.asname or alias.name] = (alias, prefix)
    return None


def candidates(here: PurePosixPath, level: int, parts: list[str]) -> Iterator[PurePosixPath]:
    """The files that an import may refer to, the nearest first."""
    roots = [here.parent, *here.parent.parents]
    if level:
        root = here.parent
        for _ in range(level - 1):
            root = root.parent if root.name not in ("", "..") else root / ".."
        roots = [root]
    for root in roots:
        if parts:
            yield root.joinpath(*parts[:-1], f"{parts[-1]}.py")
        package = root.joinpath(*parts, "__init__.py")
        if package != here:
            yield package
