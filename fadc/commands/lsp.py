"""`fadc lsp`."""

from typing import Annotated

from typer import Option

from fadc.errors import UsageError


def lsp(
    stdio: Annotated[bool, Option("--stdio", help="The default; some editors say it.")] = False,
) -> None:
    """Serve an editor: diagnostics, placements on hover, quick fixes (LSP on stdin and stdout)."""
    try:
        from fadc.lsp.server import serve
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("`fadc lsp` needs pygls 2: pip install 'fadc[lsp]'") from error
    serve()
