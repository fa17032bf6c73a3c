"""What is emitted is laid out as ruff lays it out."""

import ast
import subprocess
import sys
from pathlib import Path

from fadc.emit import layout


def test_docstrings_of_every_length_are_left_alone_by_ruff(tmp_path: Path) -> None:
    lengths = range(layout.WIDTH - 20, layout.WIDTH + 5)
    texts = ["a " * (length // 2 - 2) + "b" * (4 + length % 2) for length in lengths]
    source = "\n\n\n".join(f'def f{len(text)}():\n    """{text}"""' for text in texts)
    lines = [layout.statements([node], 0) for node in ast.parse(source).body]
    path = tmp_path / "emitted.py"
    path.write_text("\n\n\n".join("\n".join(each) for each in lines) + "\n", encoding="utf-8")
    width = f"line-length={layout.WIDTH}"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--config", width, "--diff"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
