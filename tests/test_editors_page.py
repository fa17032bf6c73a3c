"""The settings in docs/editors.md can be read by the editors that they are for."""

import json
import re
import tomllib
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "editors.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_settings_of_vs_code_are_json() -> None:
    client, on_save = map(json.loads, _blocks("json"))
    assert client["glspc.server.commandArguments"] == ["lsp"]
    assert "source.fixAll.fadc" in on_save["[python]"]["editor.codeActionsOnSave"]


def test_settings_of_helix_are_toml() -> None:
    (settings,) = map(tomllib.loads, _blocks("toml"))
    assert settings["language-server"]["fadc"] == {"command": "fadc", "args": ["lsp"]}
