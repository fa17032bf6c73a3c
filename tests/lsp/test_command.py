"""`fadc lsp` where pygls is not installed, and what the server imports."""

import subprocess
import sys


def _run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_without_pygls_it_says_what_to_install() -> None:
    """One line, exit status 2."""
    done = _run(
        "import sys; sys.modules['pygls'] = None; sys.argv = ['fadc', 'lsp'];"
        "from fadc.cli import main; sys.exit(main())"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fadc: error: `fadc lsp` needs pygls 2: pip install 'fadc[lsp]'\n"


def test_the_server_imports_neither_jax_nor_libcst() -> None:
    """So that it starts at once; and the pure parts do not import pygls."""
    done = _run(
        "import sys, fadc.lsp.hover, fadc.lsp.hints, fadc.lsp.actions, fadc.lsp.findings;"
        "assert 'pygls' not in sys.modules;"
        "import fadc.lsp.server; assert not {'jax', 'libcst'} & sys.modules.keys()"
    )
    assert (done.returncode, done.stderr) == (0, "")
