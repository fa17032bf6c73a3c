"""`[tool.fadc]` in pyproject.toml."""

from pathlib import Path

import pytest

from fadc.errors import UsageError
from fadc.project.checks import combined
from fadc.project.configuration import Configuration, configuration_of


def _project(directory: Path, table: str) -> str:
    (directory / "pyproject.toml").write_text(table, encoding="utf-8")
    return str(directory / "program.py")


def test_all_keys(tmp_path: Path) -> None:
    path = _project(
        tmp_path,
        '[tool.fadc]\nselect = ["FAD2"]\nignore = []\nstrict = true\nmode = "reverse"\n'
        'mechanisms = ["secure_sum"]\noutput-format = "json-lines"\n'
        'private-mechanisms = ["secure_sum"]\n',
    )
    assert configuration_of(path) == Configuration(
        ("FAD2",), (), True, ("secure_sum",), "reverse", "json-lines", ("secure_sum",)
    )


def test_the_nearest_table_holds(tmp_path: Path) -> None:
    _project(tmp_path, "[tool.fadc]\nstrict = true\n")
    inner = tmp_path / "package" / "deep"
    inner.mkdir(parents=True)
    _project(tmp_path / "package", "[tool.other]\n")
    assert configuration_of(str(inner / "program.py")).strict is True


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (
            "[tool.fadc]\nselekt = []\n",
            r"unknown key `selekt` in \[tool.fadc\]; did you mean `select`\?$",
        ),
        (
            "[tool.fadc]\nprivate_mechanisms = []\n",
            r"unknown key `private_mechanisms` .*; did you mean `private-mechanisms`\?$",
        ),
        ("[tool.fadc]\ncolour = 1\n", r"unknown key `colour` in \[tool.fadc\]$"),
        ("[tool.fadc]\nselect = 'FAD2'\n", "`select` must be a list of strings"),
        ("[tool.fadc]\nselect = [2]\n", "`select` must be a list of strings"),
        ("[tool.fadc]\nstrict = 1\n", "`strict` must be true or false"),
        ("[tool.fadc]\nmode = 'sideways'\n", "`mode` must be one of forward, reverse"),
        ("[tool.fadc]\noutput-format = []\n", "`output-format` must be one of full,"),
        ("[tool]\nfadc = 3\n", "tool.fadc must be a table"),
        ("[tool.fadc\n", "is not valid TOML"),
    ],
)
def test_a_wrong_table_is_named_with_its_file(tmp_path: Path, table: str, complaint: str) -> None:
    path = _project(tmp_path, table)
    with pytest.raises(UsageError, match=complaint) as caught:
        configuration_of(path)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


def test_the_command_line_comes_first() -> None:
    given = Configuration(select=("FAD1",))
    configured = Configuration(select=("FAD2",), mode="reverse")
    assert combined(given, configured) == Configuration(select=("FAD1",), mode="reverse")
