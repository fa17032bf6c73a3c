"""Reads a module: parses its text, finds declarations, follows imports, looks up names."""

from __future__ import annotations

import ast
import symtable
import warnings
from functools import partial

from fadc.diagnostics import Diagnostic, make
from fadc.span import Span
from fadc.syntax.modules.declarations import declare, declare_again
from fadc.syntax.modules.imports import Files, import_foreign
from fadc.syntax.modules.misplaced import find_misplaced
from fadc.syntax.modules.module import Known, Loader, Module
from fadc.syntax.modules.scopes import find_scopes
from fadc.syntax.modules.undefined import find_undefined
from fadc.syntax.source.blocks import top_level
from fadc.syntax.source.text import Text


def read_module(
    source: str, path: str, load: Loader | None = None, known: Known | None = None
) -> Module | Diagnostic:
    """Parse a module and find its declarations; a syntax error is returned as a diagnostic.

    ``known`` holds the modules that have been read, so that modules may import each other.
    """
    known = {} if known is None else known
    text = Text.of(source, path)
    tree = _parse(text)
    if isinstance(tree, Diagnostic):
        return tree
    module = known[path] = Module(text, tree, find_scopes(tree))
    for statement in top_level(tree.body):
        declare(module, statement)
    if load is not None:
        files = Files(load, partial(read_module, load=load, known=known), known)
        if import_foreign(module, files):
            declare_again(module)
    find_undefined(module)
    find_misplaced(module)
    return module


def _parse(text: Text) -> ast.Module | Diagnostic:
    try:
        with warnings.catch_warnings(action="ignore"):  # Warnings about escapes in strings.
            return ast.parse(text.text, filename=text.path)
    except SyntaxError as error:
        return _syntax_error(error, text)
    except ValueError as error:
        detail = str(error)
    except (RecursionError, MemoryError):
        detail = "nested too deeply for Python's parser"
    return make("FAD100", Span(text.path, 1, 0, 1, 0), detail=detail)


def _syntax_error(error: SyntaxError, text: Text) -> Diagnostic:
    line = min(max(error.lineno or 1, 1), len(text.lines))
    column = min(max((error.offset or 1) - 1, 0), len(text.lines[line - 1]))
    width = (error.end_offset or 0) - (error.offset or 0) if error.end_lineno == error.lineno else 1
    end = min(column + max(width, 1), len(text.lines[line - 1]))
    span = Span(text.path, line, column, line, max(end, column))
    return make("FAD100", span, detail=error.msg or "invalid syntax")


def refusal_of_compiler(module: Module) -> Diagnostic | None:
    """The diagnostic of code that parses but does not compile, such as a repeated parameter.

    No derivative can be emitted for it. Only callers that derive ask for it, since it parses the
    text a second time.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            symtable.symtable("\n".join(module.text.lines), module.path, "exec")
    except SyntaxError as error:
        return _syntax_error(error, module.text)
    return None
