"""Undefined names: bound nowhere, or missing members of fadc.

They are looked for in the code that a program runs: its computations, the functions that these lead
to, and the code that an import runs. In a module without computations, only misspelt names of fadc
are looked for.
"""

from __future__ import annotations

import ast
import builtins
import os
from collections.abc import Iterable, Iterator
from functools import cache

import fadc
from fadc.syntax.modules.array_functions import NONLINEAR
from fadc.syntax.modules.module import PACKAGE, Module
from fadc.syntax.modules.reach import globals_in, reached
from fadc.syntax.modules.spaces import NameUse
from fadc.syntax.source.names import nodes
from fadc.syntax.source.text import Located

LANGUAGE = f"{PACKAGE}.language"
INSIDE = ("DeclaredAggregator",)
"""The names of ``fadc.language`` that are not names of fadc."""

_GIVEN = frozenset(
    """
    __annotations__ __builtins__ __cached__ __class__ __dict__ __doc__ __file__ __loader__ __name__
    __package__ __path__ __spec__ __module__ __qualname__ WindowsError get_ipython display
    """.split()
)
"""Names that exist in modules, classes, platforms and notebooks without a binding."""


def find_undefined(module: Module) -> None:
    """Report undefined names, and remember where they are."""
    for member in module.scopes.members:
        if isinstance(member, ast.Attribute):
            _look_at_member(module, member)
        else:
            _look_at_import(module, member)
    if module.scopes.is_open:
        return
    written = [*_annotations(module)]
    declared = {id(name) for node, _ in written for name in ast.walk(node)}
    roots = [each.id for node in module.computations.values() for each in globals_in(module, node)]
    running = {None, *module.computations, *reached(module, roots)}
    for use in module.scopes.unbound:
        if _is_known(use.node.id) or use.excused and id(use.node) not in declared:
            continue
        federated = bool(module.computations) or _means_fadc(module, use)
        if use.space.owner in running and federated:
            _report(module, use.node, use.node.id, _visible(use))
    for node, own in written:
        _look_at_text(module, node, own)


def _means_fadc(module: Module, use: NameUse) -> bool:
    """Whether a name is probably a misspelling of one that is imported from fadc."""
    near = _nearest(use.node.id, _visible(use))
    return near is not None and module.imports.get(near, "").startswith(f"{PACKAGE}.")


def speaks_of_undefined(module: Module, node: ast.expr) -> bool:
    """Whether an expression, or a definition that it leads to, uses an undefined name."""
    if not module.undefined:
        return False
    names = reached(module, [each.id for each in globals_in(module, node)])
    led_to = [definition for name in names for definition in module.definitions.get(name, ())]
    return any(map(module.is_undefined, (node, *led_to)))


def _annotations(module: Module) -> Iterator[tuple[ast.expr, frozenset[str]]]:
    """The annotations and the type parameters in the signatures of computations."""
    for computation in module.computations.values():
        own = frozenset(each.name for each in getattr(computation, "type_params", ()))
        for node in nodes(computation.args):
            if isinstance(node, ast.arg) and node.annotation is not None:
                yield node.annotation, own
        if computation.returns is not None:
            yield computation.returns, own


def _look_at_text(module: Module, node: ast.expr, own: frozenset[str]) -> None:
    """Look up the names in a quoted annotation."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return
    try:
        parsed = ast.parse(node.value.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # It is refused as an annotation.
    top = module.scopes.top.bound
    read = dict.fromkeys(each.id for each in ast.walk(parsed) if isinstance(each, ast.Name))
    for name in read:
        if name not in top and name not in own and not _is_known(name):
            _report(module, node, name, top)


def _is_known(name: str) -> bool:
    """Whether Python binds a name itself, or changes it: those with two underscores, in classes."""
    private = name.startswith("__") and not name.endswith("__")
    return private or hasattr(builtins, name) or name in _GIVEN


def _visible(use: NameUse) -> Iterator[str]:
    """The names that are visible at a name, as suggestions."""
    for space in use.space.outwards():
        yield from space.bound


def _report(module: Module, node: ast.expr, name: str, candidates: Iterable[str]) -> None:
    near = _nearest(name, candidates) or _nearest(name, dir(builtins))
    cure = f"write `{near}`, if that is meant" if near else f"define `{name}`, or import it"
    if module.report("FAD135", node, name=name, cure=cure):
        module.undefined.add(node)


def _look_at_member(module: Module, node: ast.Attribute) -> None:
    """Check an attribute of fadc itself, or of the module of its language."""
    owner = module.resolve(node.value)
    if owner in (PACKAGE, LANGUAGE) and not has(owner, node.attr):
        module.undefined.add(node)
        before = module.text.segment(node.value)
        _report_member(module, node, module.text.segment(node), node.attr, f"{before}.")


def _look_at_import(module: Module, node: ast.Import | ast.ImportFrom) -> None:
    """Check the names that an import takes from fadc."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            package, _, member = alias.name.partition(".")
            member = member.partition(".")[0]
        elif node.module == PACKAGE or node.module == LANGUAGE:
            package, member = node.module, alias.name
        else:
            package, member = PACKAGE, (node.module or "").split(".")[1]
        if package in (PACKAGE, LANGUAGE) and member not in ("", "*") and not has(package, member):
            _report_member(module, alias, member, member, "")


def _report_member(module: Module, node: Located, text: str, member: str, before: str) -> None:
    near = _nearest(member, fadc.__all__)
    cure = f"write `{before}{near}`" if near else "write a name that docs/language.md has"
    if member in NONLINEAR:
        cure = f"aggregate with `{before}sum` or `{before}mean`, and do the rest at either end"
    module.report("FAD136", node, name=text, cure=cure)


def has(package: str, member: str) -> bool:
    known = member in fadc.__all__ or member in _files(package) or member.startswith("__")
    return known or package == LANGUAGE and member in INSIDE


@cache
def _files(package: str) -> frozenset[str]:
    """The modules of a package of fadc."""
    folder = os.path.join(os.path.dirname(fadc.__file__), *package.split(".")[1:])
    return frozenset(name.removesuffix(".py") for name in os.listdir(folder))


def _nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The name that is probably meant."""
    import difflib  # Imported here, since most programs have no such error.

    known = sorted({each for each in candidates if not each.startswith("__")})
    return next(iter(difflib.get_close_matches(name, known, 1)), None)
