"""`fadc lsp`."""

from typing import Annotated

import typer

from fadc.errors import UsageError


def lsp(
    stdio: Annotated[bool, typer.Option("--stdio", hidden=True)] = False,  # Some editors insist.
) -> None:
    """Serve an editor: speaks the Language Server Protocol on standard input and output."""
    try:
        from fadc.lsp.server import serve
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("`fadc lsp` needs pygls 2: pip install 'fadc[lsp]'") from error
    serve()
