"""docs/refused.md: what is refused is refused as shown, and what is written instead is differentiated."""

import re
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fadc import cli

from .correctness import harness

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "refused.md").read_text(encoding="utf-8")
SECTIONS = PAGE.split("\n## ")[1:]
PROGRAMS = [re.findall(r"\(refused/(\w+)\.py\)", section)[0] for section in SECTIONS]

every_program = pytest.mark.parametrize(
    ("name", "section"), list(zip(PROGRAMS, SECTIONS, strict=True)), ids=PROGRAMS
)


def block(language: str, section: str) -> str:
    """The one block of a section in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(found)


def program(name: str) -> str:
    """The text of a refused program."""
    return (ROOT / "docs" / "refused" / f"{name}.py").read_text(encoding="utf-8")


def mended(name: str, section: str) -> str:
    """The program with the changes that the page shows."""
    text = program(name)
    for hunk in block("diff", section).split("@@\n")[1:]:
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] or line for line in lines if line[0] != "+")
        new = "".join(line[1:] or line for line in lines if line[0] != "-")
        assert text.count(old) == 1, f"{name}: not there, or not once:\n{old}"
        text = text.replace(old, new)
    return text


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit status of the command line."""
    monkeypatch.setattr(sys, "argv", ["fadc", *words])
    return cli.main()


def test_every_program_has_its_section() -> None:
    files = {path.stem for path in (ROOT / "docs" / "refused").glob("*.py")}
    assert sorted(PROGRAMS) == sorted(files)


@every_program
def test_it_runs_on_jax(name: str, section: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So it is no straw man: what is wrong with it does not show in a simulation."""
    with jax.enable_x64(False):  # As a script finds it.
        harness.load(program(name), name).main()
    printed = capsys.readouterr().out
    assert printed and "nan" not in printed


@every_program
def test_check_prints_what_the_page_shows(
    name: str, section: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(monkeypatch, "check", "--color", "never", f"docs/refused/{name}.py") == 1
    assert capsys.readouterr().out.strip() == block("text", section).strip()


@every_program
@pytest.mark.parametrize(
    "command", ["transform --mode mixed", "cost", "audit --mode reverse", "verify"]
)
def test_every_command_refuses_it_for_the_same_reason(
    name: str,
    section: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(monkeypatch, *command.split(), f"docs/refused/{name}.py") == 1
    printed = capsys.readouterr()
    assert block("text", section).strip() in printed.err
    assert not printed.out


@every_program
def test_what_to_write_instead_is_accepted(
    name: str,
    section: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "mended.py"
    path.write_text(mended(name, section), encoding="utf-8")
    assert run(monkeypatch, "check", "--strict", str(path)) == 0, capsys.readouterr().out


@every_program
@pytest.mark.parametrize("mode", ["reverse", "mixed"])
def test_what_to_write_instead_has_jax_s_derivative(name: str, section: str, mode: str) -> None:
    text = mended(name, section)
    (computation,) = re.findall(r"@fed.computation\ndef (\w+)", text)
    for clients in (2, 5):
        given = arguments(name, clients)
        wrt = tuple(each for each in given if each in ("w", "lr", "client_lr", "server_lr"))
        key = (name, clients)
        case = harness.source_case(text, computation, given, wrt=wrt, result=0, key=key)
        harness.derive(case, harness.Step(mode))


def arguments(name: str, clients: int) -> dict[str, Any]:
    """Random arguments of a program."""
    random = np.random.default_rng(clients)
    rates = {"peeking_server": {"client_lr": 0.05, "server_lr": 0.7}}.get(name, {"lr": 0.05})
    numbers = {"number": jnp.arange(clients)} if name == "worst_client" else {}
    data = {"x": random.normal(size=(clients, 6, 4)), "y": random.normal(size=(clients, 6))}
    return {
        "w": jnp.asarray(random.normal(size=4)),
        **{rate: jnp.asarray(value) for rate, value in rates.items()},
        **numbers,
        **{part: jnp.asarray(value) for part, value in data.items()},
    }


def section_of(name: str) -> str:
    """The section on a program."""
    return SECTIONS[PROGRAMS.index(name)]


def test_two_corrupt_clients_of_ten_hardly_move_the_smoothed_geometric_median() -> None:
    """As little as the coordinate-wise median; the mean they carry off."""
    mend = mended("coordinate_median", section_of("coordinate_median"))
    texts = {"median": program("coordinate_median"), "smoothed": mend}
    texts["mean"] = re.sub(
        r"jnp.median\(gradients, axis=0\)", "fed.mean(gradients)", texts["median"]
    )
    random = np.random.default_rng(0)
    truth = np.arange(1.0, 5.0)
    x = random.normal(size=(10, 64, 4))
    y = x @ truth
    y[:2] = 100.0 * x[:2, :, 0]
    error = {}
    for rule, text in texts.items():
        step = jax.jit(harness.load(text, rule).median_step)
        w = jnp.zeros(4)
        for _ in range(60):
            _, w = step(w, 0.1, x, y)
        error[rule] = float(np.linalg.norm(w - truth))
    assert max(error["median"], error["smoothed"]) < 1.0, error
    assert error["mean"] > 10.0, error


def test_a_cold_softmax_trains_the_worst_client() -> None:
    """So it is the refused program, smoothed: cold enough, they are the same."""
    given = arguments("worst_client", 5)
    refused = harness.load(program("worst_client"), "refused").worst_client_round(**given)
    module = harness.load(mended("worst_client", section_of("worst_client")), "mended")
    module.TEMPERATURE = 0.02
    mend = module.worst_client_round(**given)
    np.testing.assert_allclose(mend[1], refused[1], rtol=1e-9)
    module.TEMPERATURE = 10.0
    assert not np.allclose(module.worst_client_round(**given)[1], refused[1], rtol=1e-2)
