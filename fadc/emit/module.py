"""The emitted module: a header, the user's module-level code, then what was derived.

The user's code is copied as text, so its comments and its formatting survive.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fadc.emit.classes import Classes, find_classes, import_lines
from fadc.emit.computation import emit_computation
from fadc.emit.context import Context
from fadc.emit.functions import define_functions
from fadc.emit.layout import WIDTH, statement
from fadc.ir import Computation, Program, defined
from fadc.syntax.modules.module import Module, decoration

Lines = list[str]


@dataclass(frozen=True)
class Derivatives:
    """What a transform derived: helpers in their order, and the public computations."""

    program: Program
    computations: dict[str, Computation]


def emit_module(
    module: Module,
    modules: Mapping[str, Module],
    taken: set[str],
    derivatives: Derivatives,
    header: Lines,
    origin: str | None = None,
) -> str:
    """The text of the emitted module, which imports the program's classes from its ``origin``.

    It has copies of them where that is None.
    """
    context = Context(module, dict(modules), taken, own_locals=_own_locals(derivatives.program))
    signatures = {**derivatives.program.computations, **derivatives.computations}
    context.parameters = _parameter_names(signatures.values())
    context.keys = _foreign_names(module, derivatives.program)
    computations = derivatives.computations.values()
    for computation in computations:  # Their names come first: no local is called as one of them.
        define_functions(context, computation)
    definitions = [emit_computation(context, each, signatures) for each in computations]
    derived: list[ast.stmt] = [
        *context.types.values(),
        *context.functions.values(),
        *definitions,
    ]
    body = _carried_over(module, context, derived, origin)
    chunks = ["\n".join(statement(node, 0)) for node in derived]
    first, rest = _leading(body)
    text = "\n".join([*first, *header, *rest]).rstrip("\n")
    return text + "".join(f"\n\n\n{chunk}" for chunk in chunks) + "\n"


def _own_locals(program: Program) -> frozenset[str]:
    """The names that the source gives to the locals of its computations."""
    found: set[str] = set()
    for computation in program.computations.values():
        found |= {value.name for value in defined(computation.block) if not value.anonymous}
        found |= {parameter.name for parameter in computation.parameters}
    return frozenset(found)


def _parameter_names(computations: Iterable[Computation]) -> frozenset[str]:
    """The names of parameters, which derived code must not use for anything else."""
    return frozenset(p.name for computation in computations for p in computation.parameters)


def _foreign_names(module: Module, program: Program) -> dict[str, str]:
    """The local names of imported computations."""
    found = {}
    for local, (owner, name) in module.foreign.items():
        for key, computation in program.computations.items():
            if computation.module == owner.path and key.startswith(name):
                found[key] = local
    return found


def _leading(lines: Lines) -> tuple[Lines, Lines]:
    """A shebang and an encoding line come first."""
    count = 0
    while count < min(2, len(lines)) and (
        lines[count].startswith("#!") or (lines[count].startswith("#") and "coding" in lines[count])
    ):
        count += 1
    return lines[:count], lines[count:]


# The user's code -------------------------------------------------------------------------------


def _carried_over(
    module: Module, context: Context, derived: Iterable[ast.stmt], origin: str | None
) -> Lines:
    """The lines of the user's module that stay."""
    classes = find_classes(module) if origin else Classes((), (), ())
    removed = [node for node in module.tree.body if _is_main(node) or node in classes.removed]
    kept = _kept_computations(module, context, removed)
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and decoration(module, node) and node.name not in kept:
            removed.append(node)
    staying = [node for node in module.tree.body if node not in removed]
    used = _names(staying) | {name for node in derived for name in _names([node])}
    edits = _pruned_imports(module, staying, used)
    for node in removed:
        first, last = _extent(module, node)
        edits[first] = (last, [])
    added = _added_imports(module, context)
    imported = [name for name in classes.names if name in used]
    if origin and imported:
        behind = [*_leading_imports(module), *classes.behind]
        line = max((node.end_lineno or 0 for node in behind), default=0) + 1
        lines = added.setdefault(line, [])
        lines += ["", *import_lines(origin, imported)] if behind else import_lines(origin, imported)
    return _apply(list(module.text.lines), edits, added)


Edits = dict[int, tuple[int, Lines]]
"""From a first line (counted from 1) to a last one and the lines in their place."""


def _is_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _kept_computations(module: Module, context: Context, removed: list[ast.stmt]) -> set[str]:
    """The computations that what stays still calls."""
    plain = [
        node
        for node in module.tree.body
        if node not in removed
        and not (isinstance(node, ast.FunctionDef) and decoration(module, node))
    ]
    wanted = (_names(plain) | context.used) & set(module.computations)
    kept: set[str] = set()
    while wanted:
        name = min(wanted)
        kept.add(name)
        found = _names([module.computations[name]]) & set(module.computations)
        wanted = (wanted | found) - kept
    return kept


def _extent(module: Module, node: ast.stmt) -> tuple[int, int]:
    """The lines of a definition, with the comment above it."""
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


# Imports ---------------------------------------------------------------------------------------


def _pruned_imports(module: Module, staying: list[ast.stmt], used: set[str]) -> Edits:
    """Imports that only the removed code used are removed with it."""
    before = _names(module.tree.body)
    edits: Edits = {}
    for node in staying:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        kept = [a for a in node.names if _local(a) in used or _local(a) not in before]
        if len(kept) == len(node.names):
            continue
        last = node.end_lineno or node.lineno
        edits[node.lineno] = (last, _import_lines(node, kept) if kept else [])
    return edits


def _local(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _import_lines(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> Lines:
    parts = [f"{a.name} as {a.asname}" if a.asname else a.name for a in names]
    if isinstance(node, ast.Import):
        return [f"import {', '.join(parts)}"]
    head = f"from {'.' * node.level}{node.module or ''} import "
    one = head + ", ".join(parts)
    if len(one) <= WIDTH:
        return [one]
    return [f"{head}(", *(f"    {part}," for part in parts), ")"]


def _added_imports(module: Module, context: Context) -> dict[int, Lines]:
    """Imports of what only the derived code needs, by the line that they stand in front of."""
    added: dict[int, Lines] = {}
    for dotted, local in sorted(context.imports.items()):
        if local in context.used:
            line = f"import {dotted}" if dotted == local else f"import {dotted} as {local}"
            added.setdefault(_import_anchor(module, dotted), []).append(line)
    imports = _leading_imports(module)
    behind = (imports[-1].end_lineno or 0) + 1 if imports else 1
    for (path, name), local in sorted(context.foreign.items()):
        if path in module.origins and not _is_shared(module, context, path, name, local):
            renamed = name if name == local else f"{name} as {local}"
            line = f"from {module.origins[path]} import {renamed}"
            added.setdefault(behind, []).append(line)
    return added


def _is_shared(module: Module, context: Context, path: str, name: str, local: str) -> bool:
    """Whether a global of another module is the same import here."""
    known = module.imports.get(local)
    return known is not None and known == context.modules[path].imports.get(name)


def _import_anchor(module: Module, dotted: str) -> int:
    """The line in front of which an import belongs: sorted into the block of its own kind."""
    imports = _leading_imports(module)
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


def _leading_imports(module: Module) -> list[ast.Import | ast.ImportFrom]:
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
    """The imports without an empty line between them where one of this package belongs."""
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
