"""Small programs of IR, before and after a step, as a person writes them: see the files in `cases`.

A file is called as the step that it is about; the steps are in `steps.py`. `pytest --update-golden` writes
the second half of each case anew. Read what has changed.
"""

import difflib
from dataclasses import dataclass
from pathlib import Path

import pytest

from .reader import read_ir
from .steps import STEPS, Options

FOLDER = Path(__file__).parent / "cases"
BECOMES = "becomes"


@dataclass(frozen=True)
class Case:
    """One case: its name, its options, what is said of it, the program before and after."""

    step: str
    title: str
    head: str
    before: str
    after: str

    @property
    def result(self) -> str:
        """What the step makes of the program."""
        step = STEPS[self.step.split("-")[0]]
        return step(read_ir(self.before), Options.read(self.title.split()[1:])) + "\n"


def read_cases(file: Path) -> list[Case]:
    """The cases of a file."""
    found = []
    for part in file.read_text(encoding="utf-8").split("[case ")[1:]:
        title, _, rest = part.partition("]\n")
        lines = rest.splitlines()
        said = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        head, body = "\n".join(lines[:said]), "\n".join(lines[said:])
        before, _, after = f"{body}\n".partition(f"\n{BECOMES}\n")
        found.append(Case(file.stem, title, head, before.strip("\n"), after.strip("\n") + "\n"))
    return found


def written(cases: list[Case], anew: bool = False) -> str:
    """The text of a file, `anew` with what the steps make now."""
    texts = []
    for case in cases:
        head = f"{case.head}\n" if case.head else ""
        texts.append(
            f"[case {case.title}]\n{head}{case.before}\n{BECOMES}\n{case.result if anew else case.after}"
        )
    return "\n".join(texts)


FILES = sorted(FOLDER.glob("*.ir"))
CASES = [case for file in FILES for case in read_cases(file)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.step}-{case.title.split()[0]}")
def test_the_step_does_this(case: Case, update: bool) -> None:
    if not update and case.result != case.after:
        lines = difflib.unified_diff(
            case.after.splitlines(), case.result.splitlines(), "wanted", "made", lineterm="", n=99
        )
        pytest.fail(f"{case.step}: {case.title}\n" + "\n".join(lines), pytrace=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_file_says_what_is_run(file: Path, update: bool) -> None:
    """Cases have names of their own, and nothing stands between them that nobody reads."""
    cases = read_cases(file)
    assert len({case.title.split()[0] for case in cases}) == len(cases)
    if update:
        file.write_text(written(cases, anew=True), encoding="utf-8", newline="\n")
    else:
        assert written(cases) == file.read_text(encoding="utf-8")
