"""The README's commands are what continuous integration runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def _commands() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)]


def test_there_are_three_commands_and_ci_runs_the_last_word_for_word() -> None:
    transform, tune, tests = _commands()
    assert "fadc transform samples/fedavg.py --mode reverse --wrt w,server_lr" in transform
    assert tune.endswith("python -m samples.experiments.self_tuning --task synthetic")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    code = [line for line in script if line and not line.startswith("#")]
    assert code == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', tests]


def test_the_diagnostic_is_what_check_prints_of_the_sample(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)
    program = (ROOT / "samples" / "fedavg.py").read_text(encoding="utf-8")
    body = program.partition('new model."""\n')[2].partition("\n\n")[0]
    assert f"```python\n{body}\n```" in readme
    (tmp_path / "samples").mkdir()
    sample = tmp_path / "samples" / "fedavg.py"
    sample.write_text(program.replace("fed.broadcast(w_next)", "w_next"), encoding="utf-8")
    command = [sys.executable, "-m", "fadc", "check", "--color", "never", "samples/fedavg.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.rstrip() == shown.rstrip()


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
