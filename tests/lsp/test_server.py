"""The server as an editor meets it: a real client, over standard input and output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from fadc.lsp.actions import FIX_ALL, QUICK_FIX

from .program import REPEATED, RIGHT, WRONG

T = TypeVar("T")
_PATIENCE = 60  # Seconds; a machine may be busy, and no answer takes one.


class Editor:
    """An editor with one document."""

    def __init__(self, path: Path) -> None:
        self.uri = path.as_uri()
        self.version = 0
        self.client = LanguageClient("editor", "1")
        self.published: asyncio.Queue[types.PublishDiagnosticsParams | str] = asyncio.Queue()
        self.messages: list[str] = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def _shown(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            if params.message.startswith("Error in server"):
                self.published.put_nowait(params.message)

    @property
    def server(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    @property
    def document(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    async def start(self, capabilities: types.ClientCapabilities) -> types.ServerCapabilities:
        await self.client.start_io(sys.executable, "-m", "fadc", "lsp", "--stdio")
        asked = self.client.initialize_async(types.InitializeParams(capabilities))
        answer = await asyncio.wait_for(asked, _PATIENCE)
        self.client.initialized(types.InitializedParams())
        return answer.capabilities

    async def open(self, text: str) -> list[types.Diagnostic]:
        item = types.TextDocumentItem(self.uri, "python", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def change(self, text: str) -> list[types.Diagnostic]:
        self.version += 1
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        params = types.DidChangeTextDocumentParams(identifier, [whole])
        self.client.text_document_did_change(params)
        return await self.diagnostics()

    async def diagnostics(self) -> list[types.Diagnostic]:
        """What the server says next, of this version of this document."""
        found = await self.publication()
        assert (found.uri, found.version) == (self.uri, self.version)
        return list(found.diagnostics)

    async def publication(self) -> types.PublishDiagnosticsParams:
        """The server's next; fails at once where it says instead that it has failed."""
        found = await asyncio.wait_for(self.published.get(), _PATIENCE)
        assert isinstance(found, types.PublishDiagnosticsParams), found
        return found

    async def hover(self, line: int, character: int) -> types.Hover | None:
        params = types.HoverParams(self.document, types.Position(line, character))
        return await asyncio.wait_for(self.client.text_document_hover_async(params), _PATIENCE)

    async def actions(self, at: types.Range, only: list[str] | None) -> list[types.CodeAction]:
        params = types.CodeActionParams(self.document, at, types.CodeActionContext([], only))
        asked = self.client.text_document_code_action_async(params)
        found = await asyncio.wait_for(asked, _PATIENCE)
        return [each for each in found or () if isinstance(each, types.CodeAction)]

    async def hints(self, at: types.Range) -> list[types.InlayHint]:
        asked = self.client.text_document_inlay_hint_async(types.InlayHintParams(self.document, at))
        return list(await asyncio.wait_for(asked, _PATIENCE) or ())

    async def stop(self) -> int | None:
        """The exit status."""
        await asyncio.wait_for(self.client.shutdown_async(None), _PATIENCE)
        self.client.exit(None)
        return await asyncio.wait_for(self.server.wait(), _PATIENCE)


def _run(
    path: Path,
    story: Callable[[Editor], Awaitable[T]],
    encodings: list[types.PositionEncodingKind | str] | None = None,
) -> T:
    """Runs a story in a server of its own, which ends as it should and complains of nothing."""

    async def whole() -> T:
        editor = Editor(path)
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        capabilities = await editor.start(types.ClientCapabilities(general=general))
        assert capabilities.text_document_sync is not None
        try:
            result = await story(editor)
            assert await editor.stop() == 0
        finally:
            if editor.server.returncode is None:
                editor.server.kill()
            await editor.client.stop()
        assert editor.messages == []
        return result

    return asyncio.run(whole())


def _range(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def _applied(text: str, editor: Editor, action: types.CodeAction) -> str:
    """The text after an action, as an editor that counts in UTF-16 units makes its edits."""
    assert action.edit is not None
    assert action.edit.changes is not None
    lines = text.split("\n")
    for edit in reversed(action.edit.changes[editor.uri]):
        start, end = edit.range.start, edit.range.end
        assert start.line == end.line
        units = lines[start.line].encode("utf-16-le")
        before, after = units[: 2 * start.character], units[2 * end.character :]
        lines[start.line] = before.decode("utf-16-le") + edit.new_text + after.decode("utf-16-le")
    return "\n".join(lines)


def test_a_session(tmp_path: Path) -> None:
    """Open, see what is wrong, look around, ignore it, mend it, close."""

    async def story(editor: Editor) -> None:
        (found,) = await editor.open(WRONG)
        assert (found.code, found.source) == ("FAD202", "fadc")
        assert found.severity is types.DiagnosticSeverity.Error
        assert found.range == _range(9, 53, 54)  # One more than in code points.
        assert found.message.startswith("server value `w` is given to")
        assert "\nhelp: write `fed.broadcast(w)` and pass its result" in found.message

        shown = await editor.hover(9, 53)
        assert shown is not None
        assert isinstance(shown.contents, types.MarkupContent)
        assert 'w: Server[Float[Array, ""]]' in shown.contents.value
        assert shown.range == found.range
        assert await editor.hover(0, 0) is None

        (fix,) = await editor.actions(found.range, [QUICK_FIX])
        assert fix.is_preferred
        assert list(fix.diagnostics or ()) == [found]

        (repeated,) = await editor.change(REPEATED)
        _, ignore = await editor.actions(repeated.range, [QUICK_FIX])
        assert ignore.title == "Ignore FAD502 on this line"
        assert list(ignore.diagnostics or ()) == [repeated]
        ignored = _applied(REPEATED, editor, ignore)
        line = "w**2, fed.broadcast(w))"
        assert ignored == REPEATED.replace(line, f"{line}  # fadc: ignore[FAD502]")
        assert await editor.change(ignored) == []

        (idle,) = await editor.change(ignored.replace("w**2, fed.broadcast(w))", "w**2, x)"))
        assert (idle.code, idle.severity) == ("FAD901", types.DiagnosticSeverity.Warning)
        assert list(idle.tags or ()) == [types.DiagnosticTag.Unnecessary]

        assert [each.code for each in await editor.change(WRONG)] == ["FAD202"]
        assert _applied(WRONG, editor, fix) == RIGHT
        assert await editor.change(RIGHT) == []
        (first,) = await editor.hints(_range(9, 0, 99))
        assert (first.position, first.label) == (types.Position(9, 10), ": Clients")

        (broken,) = await editor.change(RIGHT.replace("return", "return ("))
        assert broken.code == "FAD100"
        assert await editor.hover(9, 5) is None
        assert await editor.hints(_range(9, 0, 99)) == []

        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.document))
        closed = await editor.publication()
        assert (closed.uri, list(closed.diagnostics)) == (editor.uri, [])
        assert await editor.hover(9, 5) is None  # It is not open; nothing is read from disk.

    _run(tmp_path / "program.py", story)


@pytest.mark.parametrize(
    ("encoding", "column"),
    [(types.PositionEncodingKind.Utf32, 52), (types.PositionEncodingKind.Utf8, 55)],
)
def test_other_encodings_are_negotiated(
    tmp_path: Path, encoding: types.PositionEncodingKind, column: int
) -> None:
    """What the client prefers, where it says so."""

    async def story(editor: Editor) -> types.Range:
        (found,) = await editor.open(WRONG)
        return found.range

    found = _run(tmp_path / "program.py", story, [encoding])
    assert found == _range(9, column, column + 1)


def test_actions_are_filtered_by_kind(tmp_path: Path) -> None:
    """An editor that fixes on saving asks for that alone."""

    async def story(editor: Editor) -> list[list[str]]:
        (found,) = await editor.open(WRONG)
        asked: list[Any] = [["quickfix"], ["source"], ["source.fixAll"], ["refactor"]]
        answers = [await editor.actions(found.range, only) for only in asked]
        return [sorted({str(each.kind) for each in answer}) for answer in answers]

    expected: list[list[str]] = [[QUICK_FIX], [FIX_ALL], [FIX_ALL], []]
    assert _run(tmp_path / "program.py", story) == expected


def test_wrong_settings_are_said_once(tmp_path: Path) -> None:
    """And again when they are wrong otherwise; diagnostics go on under the default ones."""
    settings = tmp_path / "pyproject.toml"

    async def story(editor: Editor) -> list[str]:
        settings.write_text("[tool.fadc]\ncolour = 1\n", encoding="utf-8")
        assert [each.code for each in await editor.open(WRONG)] == ["FAD202"]
        assert [each.code for each in await editor.change(f"{WRONG}\n")] == ["FAD202"]
        settings.write_text("[tool.fadc]\nmode = 1\n", encoding="utf-8")
        assert [each.code for each in await editor.change(WRONG)] == ["FAD202"]
        settings.write_text('[tool.fadc]\nignore = ["FAD2"]\n', encoding="utf-8")
        assert await editor.change(f"{WRONG}\n") == []
        said, editor.messages = editor.messages, []
        return said

    first, second = _run(tmp_path / "program.py", story)
    assert first == f"fadc: {settings}: unknown key `colour` in [tool.fadc]"
    assert second == f"fadc: {settings}: `mode` must be one of forward, reverse, mixed"


def test_saving_a_file_checks_those_that_import_it(tmp_path: Path) -> None:
    """What they import is read from disk."""
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    text = RIGHT.replace("import fadc as fed\n", "import fadc as fed\nfrom other import total\n")
    text = text.replace("fed.mean(losses)", "total(losses)")

    async def story(editor: Editor) -> None:
        assert [each.code for each in await editor.open(text)] != []
        total = WRONG.replace("def loss(", "def total(").partition("    w: fed")[0]
        total += "    v: fed.Clients[Float[Array, '']]\n) -> fed.Server[Float[Array, '']]:\n"
        (tmp_path / "other.py").write_text(f"{total}    return fed.sum(v)\n", encoding="utf-8")
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(editor.document))
        assert await editor.diagnostics() == []

    _run(tmp_path / "program.py", story)
