"""The pages of docs/ say what the program says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_reference_page_is_what_explain_prints(request: pytest.FixtureRequest) -> None:
    """`--update-golden` writes it anew."""
    page = ROOT / "docs" / "rules.md"
    command = [sys.executable, "-m", "fadc", "explain", "--all", "--format", "markdown"]
    printed = subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout
    if request.config.getoption("--update-golden"):
        page.write_bytes(printed)
    assert page.read_bytes() == printed, "docs/rules.md: pytest tests --update-golden writes it"
