"""Diagnostics and actions as messages of the protocol."""

from __future__ import annotations

from pathlib import PurePosixPath

from lsprotocol import types
from pygls.uris import from_fs_path

from fadc.diagnostics import Diagnostic, Severity
from fadc.lsp.actions import Action
from fadc.lsp.document import Document
from fadc.span import Span
from fadc.texts import read_file

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_UNNECESSARY = {"FAD901"}
"""The codes of unnecessary code, which editors show faded."""


def diagnostic_message(document: Document, found: Diagnostic) -> types.Diagnostic:
    """A diagnostic, with its help on a line of its own."""
    related = [
        types.DiagnosticRelatedInformation(_location(document, span), label)
        for span, label in found.related
    ]
    return types.Diagnostic(
        range=document.range(found.span),
        message=f"{found.message}\nhelp: {found.help}",
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source="fadc",
        tags=[types.DiagnosticTag.Unnecessary] if found.code in _UNNECESSARY else None,
        related_information=related or None,
    )


def action_message(document: Document, action: Action) -> types.CodeAction:
    """A menu entry with the edit that it makes."""
    edits = [types.TextEdit(document.range(edit.span), edit.text) for edit in action.edits]
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=[diagnostic_message(document, each) for each in action.diagnostics],
        is_preferred=action.preferred or None,
        edit=types.WorkspaceEdit(changes={document.uri: edits}),
    )


def _location(document: Document, span: Span) -> types.Location:
    """A location in the text or in another file of its package."""
    if span.path != document.path:
        content = read_file(PurePosixPath(span.path)) or ""
        uri = from_fs_path(span.path) or ""
        document = Document(uri, span.path, content, None, document.codec)
    return types.Location(document.uri, document.range(span))
