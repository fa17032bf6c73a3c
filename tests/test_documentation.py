"""The pages of docs/ say what the program says."""

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fadc
from fadc import pipeline
from fadc.cli import app
from fadc.derive.request import Request

from .engines.processes import LIMIT, free_port, started

ROOT = Path(__file__).parent.parent
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_reference_page_is_what_explain_prints(request: pytest.FixtureRequest) -> None:
    """`--update-golden` writes it anew."""
    page = ROOT / "docs" / "rules.md"
    command = [sys.executable, "-m", "fadc", "explain", "--all", "--format", "markdown"]
    printed = subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout
    if request.config.getoption("--update-golden"):
        page.write_bytes(printed)
    assert page.read_bytes() == printed, "docs/rules.md: pytest tests --update-golden writes it"


LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", LANGUAGE, re.DOTALL))
def test_the_programs_of_the_language_s_page_are_programs(program: str) -> None:
    exec(compile(program, "language.md", "exec"), {})  # noqa: S102
    assert fadc.check(program) == []
    transformed = fadc.transform(program, mode="forward", wrt=re.findall(r"(\w+): fed", program))
    assert transformed.text and not transformed.diagnostics


def test_the_language_s_page_has_every_public_function_of_programs() -> None:
    """And speaks of no other."""
    from fadc import language

    spoken_of = set(re.findall(r"fed\.(\w+)", LANGUAGE))
    given = "DeclaredAggregator"  # The type of what `aggregator` gives.
    assert spoken_of == set(language.__all__) - {given}


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [each for each in local if not (page.parent / each).exists()] == []


COMPILER = (ROOT / "docs" / "compiler.md").read_text(encoding="utf-8")


def _dumped(name: str) -> str:
    source = (ROOT / "samples" / "fedavg.py").read_text(encoding="utf-8")
    request = Request("reverse", wrt=("server_lr",), dump_after=name)
    return pipeline.transform(source, "fedavg.py", request).dumps


def test_the_ir_of_the_tour_is_dumped() -> None:
    """Each block of IR is a whole computation, or lines of `fedavg_round_value_and_grad` in their order."""
    whole, differentiated, messages = re.findall(
        r"```text\n((?:computation|  [(%]).*?)```", COMPILER, re.DOTALL
    )
    assert whole == _dumped("read")
    for shown, name in ((differentiated, "differentiate"), (messages, "messages")):
        lines = _dumped(name).split("_value_and_grad(")[1].splitlines()
        places = [lines.index(line) for line in shown.splitlines()]
        assert places == sorted(places)


def test_the_code_of_the_tour_is_the_sample_s_and_its_derivative_s() -> None:
    source = (ROOT / "samples" / "fedavg.py").read_text(encoding="utf-8")
    derivative = fadc.transform(source, mode="reverse", wrt="server_lr", filename="fedavg.py")
    tour, _, _ = COMPILER.partition("## The rooms")
    body, emitted = re.findall(r"```python\n(.*?)```", tour, re.DOTALL)
    assert textwrap.indent(body, "    ") in source
    assert textwrap.indent(emitted, "    ", lambda line: bool(line.strip())) in derivative.text


def test_the_hooks_run_commands_that_there_are() -> None:
    entries = re.findall(r"^  entry: fadc (\S+)", HOOKS, re.MULTILINE)
    commands = {each.callback.__name__ for each in app.registered_commands if each.callback}
    assert entries and set(entries) <= commands
    assert re.findall(r"- id: (\S+)", CI) == re.findall(r"^- id: (\S+)", HOOKS, re.MULTILINE)


def test_the_commands_of_the_page_on_ci_work(tmp_path: Path) -> None:
    """They are run in the order of the page, in a project with a program and its derivative."""
    shutil.copy(ROOT / "samples" / "fedavg.py", tmp_path)
    derive = "fadc transform fedavg.py --mode reverse --wrt w,server_lr -o fedavg_vjp.py"
    assert f"{derive} --check" in CI
    commands = [derive, *re.findall(r"^ +- (?:run: )?(fadc [^>#\n]+)", CI, re.MULTILINE)]
    assert len(commands) == 6
    for command in commands:
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, command + done.stderr


ENGINES = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
ON_EIGHT_DEVICES, ON_TWO_PROCESSES = re.findall(r"```python\n(.*?)```", ENGINES, re.DOTALL)


def test_the_program_for_eight_devices_is_the_embedded_engine_s() -> None:
    found: dict[str, Any] = {}
    exec(compile(ON_EIGHT_DEVICES, "engines.md", "exec"), found)  # noqa: S102
    assert found["x"].shape == (20, 10, 4)
    assert len(found["x"].padded.sharding.device_set) == 8
    w, loss = found["jnp"].zeros(4), None
    for _ in range(5):
        x, y = (np.asarray(found[name]) for name in "xy")
        loss, (w_bar,) = found["gradient"](w, 0.05, 0.7, x, y)
        w = w - 0.1 * w_bar
    assert np.allclose(found["loss"], loss) and np.allclose(found["w"], w)


def test_the_program_for_two_processes_runs_in_two(tmp_path: Path) -> None:
    (tmp_path / "hospital.py").write_text(ON_TWO_PROCESSES, encoding="utf-8")
    assert "python hospital.py 0 9911 &\npython hospital.py 1 9911\n" in ENGINES
    port = free_port()
    commands = [[sys.executable, "hospital.py", number, port] for number in "01"]
    with started(commands, tmp_path) as processes:
        printed = [process.communicate(timeout=LIMIT) for process in processes]
    lines = [out.splitlines()[-1] if out else err for out, err in printed]
    losses = {line.rpartition(", ")[2] for line in lines}
    assert lines == [f"5 clients, {count} here, {loss}" for count in (3, 2) for loss in losses]
