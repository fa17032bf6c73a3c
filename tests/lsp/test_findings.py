"""The diagnostics of a text under its file's settings."""

from pathlib import Path

import pytest

from fadc.diagnostics import rule
from fadc.lsp.findings import findings_in, mended, reading_of

from .program import RIGHT, ROUND, WRONG


def _codes(text: str, path: Path) -> list[str]:
    return [each.code for each in findings_in(text, str(path)).diagnostics]


def test_the_text_is_checked_and_not_the_file(tmp_path: Path) -> None:
    """What an editor holds may not be saved yet."""
    file = tmp_path / "program.py"
    file.write_text(WRONG, encoding="utf-8")
    assert _codes(RIGHT, file) == []
    assert _codes(WRONG, tmp_path / "new.py") == ["FAD202"]


def test_other_files_of_the_package_are_read(tmp_path: Path) -> None:
    """So that computations can be imported."""
    (tmp_path / "total.py").write_text(ROUND, encoding="utf-8")
    text = RIGHT.replace("import fadc as fed\n", "import fadc as fed\nfrom total import total\n")
    text = text.replace("fed.mean(losses)", "total(losses)")
    assert _codes(text, tmp_path / "program.py") == []


def test_settings_are_read_anew_each_time(tmp_path: Path) -> None:
    """They are in a file that the user may edit meanwhile."""
    settings = tmp_path / "pyproject.toml"
    assert _codes(WRONG, tmp_path / "program.py") == ["FAD202"]
    settings.write_text('[tool.fadc]\nignore = ["FAD202"]\n', encoding="utf-8")
    assert _codes(WRONG, tmp_path / "program.py") == []
    settings.unlink()
    assert _codes(WRONG, tmp_path / "program.py") == ["FAD202"]


def test_the_mode_is_held_against(tmp_path: Path) -> None:
    """As `fadc check` does."""
    text = rule("FAD403").bad.source
    assert _codes(text, tmp_path / "program.py") == []
    (tmp_path / "pyproject.toml").write_text('[tool.fadc]\nmode = "reverse"\n', encoding="utf-8")
    assert _codes(text, tmp_path / "program.py") == ["FAD403"]


@pytest.mark.parametrize("settings", ["colour = 1", 'select = ["E5"]', "= ="])
def test_wrong_settings_are_a_complaint_and_defaults_hold(tmp_path: Path, settings: str) -> None:
    """One line, as the command line would say it."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.fadc]\n{settings}\n", encoding="utf-8")
    found = findings_in(WRONG, str(tmp_path / "program.py"))
    assert [each.code for each in found.diagnostics] == ["FAD202"]
    assert found.complaint
    assert "\n" not in found.complaint


def test_a_text_is_mended_as_on_the_command_line(tmp_path: Path) -> None:
    """Under the settings of its file; not at all where these are wrong."""
    path, settings = str(tmp_path / "program.py"), tmp_path / "pyproject.toml"
    assert mended(WRONG, path) == RIGHT
    for table in ('ignore = ["FAD202"]', "colour = 1"):
        settings.write_text(f"[tool.fadc]\n{table}\n", encoding="utf-8")
        assert mended(WRONG, path) == WRONG


@pytest.mark.parametrize("text", ["", "x = 1\n", "def f(:\n", "import fadc\ndef f(:\n"])
def test_texts_without_programs_have_no_reading(text: str) -> None:
    """A text that cannot be parsed, and one that never mentions fadc."""
    assert reading_of(text, "program.py") is None
