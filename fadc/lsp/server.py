"""The server: answers an editor's messages with the help of this package's other modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fadc import __version__
from fadc.lsp.actions import FIX_ALL, QUICK_FIX, actions_at, fix_all
from fadc.lsp.document import Document
from fadc.lsp.findings import findings_in, mended, reading_of
from fadc.lsp.hints import placement_hints
from fadc.lsp.hover import hover_at
from fadc.lsp.messages import action_message, diagnostic_message
from fadc.syntax.computations import Reading


class EditorServer(LanguageServer):
    """`complaints` are the complaints about documents' settings that have been shown already."""

    def __init__(self) -> None:
        # Whole texts are small. And when pygls applies partial changes, it ends lines at form
        # feeds, which neither the protocol nor Python does.
        whole = types.TextDocumentSyncKind.Full
        super().__init__("fadc", __version__, text_document_sync_kind=whole)
        self.complaints: dict[str, str] = {}

    def document(self, uri: str) -> Document | None:
        """An open document; no other is ever read."""
        found = self.workspace.text_documents.get(unquote(uri))
        return Document.of(found) if found is not None else None

    def reading(self, uri: str) -> tuple[Document, Reading] | None:
        """An open document with its computations, if it has any."""
        document = self.document(uri)
        reading = reading_of(document.text, document.path) if document is not None else None
        return None if document is None or reading is None else (document, reading)


def serve() -> None:
    """Serves on standard input and output until the editor ends the session."""
    server = EditorServer()
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_saved)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(_hints)
    kinds = types.CodeActionOptions(code_action_kinds=[QUICK_FIX, FIX_ALL])
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)(_actions)
    # pygls closes the stream that it writes to; it must not close standard output itself.
    with open(os.dup(sys.stdout.fileno()), "wb") as output:
        server.start_io(stdout=output)


def _opened(server: EditorServer, params: types.DidOpenTextDocumentParams) -> None:
    _check(server, params.text_document.uri)


def _changed(server: EditorServer, params: types.DidChangeTextDocumentParams) -> None:
    _check(server, params.text_document.uri)


def _saved(server: EditorServer, params: types.DidSaveTextDocumentParams) -> None:
    """Check all open documents again: they may import the one that was saved."""
    for document in list(server.workspace.text_documents.values()):
        _check(server, document.uri)


def _closed(server: EditorServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.complaints.pop(uri, None)
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _check(server: EditorServer, uri: str) -> None:
    """Publish the diagnostics of a document, and show errors in its settings."""
    document = server.document(uri)
    if document is None:
        return
    found = findings_in(document.text, document.path)
    if found.complaint and server.complaints.get(uri) != found.complaint:
        message = types.ShowMessageParams(types.MessageType.Error, f"fadc: {found.complaint}")
        server.window_show_message(message)
    server.complaints[uri] = found.complaint
    diagnostics = [diagnostic_message(document, each) for each in found.diagnostics]
    published = types.PublishDiagnosticsParams(uri, diagnostics, document.version)
    server.text_document_publish_diagnostics(published)


def _hover(server: EditorServer, params: types.HoverParams) -> types.Hover | None:
    read = server.reading(params.text_document.uri)
    if read is None:
        return None
    document, reading = read
    found = hover_at(reading, *document.place(params.position))
    if found is None:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, found.markdown)
    return types.Hover(content, document.range(found.span))


def _hints(server: EditorServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    read = server.reading(params.text_document.uri)
    if read is None:
        return []
    document, reading = read
    shown = document.span(params.range)
    return [
        types.InlayHint(document.position(*hint.place), hint.text, types.InlayHintKind.Type)
        for hint in placement_hints(reading)
        if shown.start <= hint.place <= shown.end
    ]


def _actions(server: EditorServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = server.document(params.text_document.uri)
    if document is None:
        return []
    found = findings_in(document.text, document.path).diagnostics
    actions = actions_at(document.text, found, document.span(params.range))
    if _is_wanted(FIX_ALL, params.context.only):
        actions += fix_all(document.text, mended(document.text, document.path), found)
    return [
        action_message(document, action)
        for action in actions
        if _is_wanted(action.kind, params.context.only)
    ]


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether an editor has asked for a kind of action or a more general kind."""
    return only is None or any(f"{kind}.".startswith(f"{wanted}.") for wanted in only)
