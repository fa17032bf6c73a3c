"""Data goes one way: layers, without a circle or an arrow back, in files of a readable size.

Imports inside functions count; those for type checkers alone do not.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent

# From low to high: a module imports from its own layer and from those above it in this list.
LAYERS = {
    "fadc": "the names of the language and the version, without their work",
    "fadc.errors": "what a user is told who asks for what cannot be",
    "fadc.span": "places in texts",
    "fadc.texts": "how files are read, wherever they are",
    "fadc.engines": "who carries primitives out",
    "fadc.language": "what programs import",
    "fadc.diagnostics": "rules, and findings made of them",
    "fadc.ir": "values, operations, local code; liveness and the verifier",
    "fadc.syntax.source": "texts and trees, whatever they mean",
    "fadc.syntax.modules": "what the names of a module are bound to",
    "fadc.syntax.types": "what annotations declare",
    "fadc.syntax.scope": "what names stand for while a computation is read",
    "fadc.syntax.expressions": "expressions as operations",
    "fadc.syntax.statements": "statements, loops, branches, whole computations",
    "fadc.syntax": "programs: computations in the order of their calls, and where what stands",
    "fadc.analyses": "facts of IR programs",
    "fadc.plan": "mixed mode: stages, prices, choices",
    "fadc.passes": "from IR to IR",
    "fadc.calculus": "pushforwards and transposes, and how computations are differentiated by them",
    "fadc.lint": "the reading of local functions, and what is reported of it",
    "fadc.emit.code": "code as libcst nodes, and its layout",
    "fadc.emit": "from IR to text",
    "fadc.derive": "what a request asks for: computations derived, and held against a policy",
    "fadc.fixes": "edits that mend findings",
    "fadc.pipeline": "the compiler's steps",
    "fadc.cost": "what programs and derivatives cost",
    "fadc.audit": "what leaves a client, by a reader of its own",
    "fadc.reports": "findings as text, for people and machines",
    "fadc.reports.costs": "costs as tables",
    "fadc.reports.audits": "audits as pages",
    "fadc.live": "derivatives of functions that are there",
    "fadc.api": "what notebooks and other tools call",
    "fadc.project": "files, their configuration and their checks",
    "fadc.verify": "derivatives run beside JAX's",
    "fadc.lsp": "editors",
    "fadc.commands": "one file a command",
    "fadc.cli": "the command line",
    "fadc.__main__": "its start",
}


@cache
def files() -> dict[str, Path]:
    """The modules of fadc by their dotted names."""
    found = {}
    for path in sorted((ROOT / "fadc").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(files()[module].read_text("utf-8"))


def read_when_run(code: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree, less what stands under `if TYPE_CHECKING:`."""
    waiting = [code]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            yield node
            waiting += ast.iter_child_nodes(node)


def imports(module: str, code: ast.AST | None = None) -> set[str]:
    """The modules of fadc that a module imports at any time."""
    found: set[str] = set()
    for node in read_when_run(code or tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            of = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in files() else str(node.module) for name in of}
    return {name for name in found if name in files()} - {module}


def layer_of(module: str) -> str:
    """The layer that a module belongs to: the longest name that its own begins with."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next(name for name in names if name in LAYERS and (name != "fadc" or module == "fadc"))


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Modules each of which imports the next, the last one the first; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_circle_of_imports() -> None:
    graph = {module: imports(module) for module in files()}
    assert circle_in(graph) == []


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert imports("x", ast.parse("def f():\n    from fadc.ir import Value")) == {"fadc.ir"}
    assert not imports("x", ast.parse("if TYPE_CHECKING:\n    import fadc.ir"))


def test_every_module_has_a_layer() -> None:
    assert {layer_of(module) for module in files()} == LAYERS.keys()


def test_no_arrow_back() -> None:
    order = list(LAYERS)
    back = {
        (module, layer_of(other))
        for module in files()
        for other in imports(module)
        if order.index(layer_of(other)) > order.index(layer_of(module))
    }
    assert back == set()


def test_few_files_stand_at_the_top() -> None:
    assert len(list((ROOT / "fadc").glob("*.py"))) <= 10


def test_no_two_classes_have_one_name() -> None:
    homes = defaultdict(list)
    for module in files():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(module)
    assert {name for name, where in homes.items() if len(where) > 1} == set()


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function, its docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    text = function.body[0]
    return lines - ((text.end_lineno or text.lineno) - text.lineno + 1)


def test_functions_are_short() -> None:
    long = {
        (module, node.name)
        for module in files()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if length_of(node) > 40
    }
    assert long == set()


def test_files_are_short() -> None:
    long = {
        name for name, file in files().items() if len(file.read_text("utf-8").splitlines()) > 300
    }
    assert long == set()
