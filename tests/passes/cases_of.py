"""The cases of IR: the files of the folder `cases`, read.

A file is called as the step that it is about, and has any number of

    [case NAME OPTION OPTION=VALUE …]
    # What is to be seen.
    computation …
    becomes
    computation …
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fadc.ir import Program

from .reader import read_ir

FOLDER = Path(__file__).parent / "cases"
BECOMES = "becomes"


@dataclass(frozen=True)
class Case:
    """One case: its file, its name and options, what is said of it, the program before and after."""

    file: str
    title: str
    head: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """The name."""
        return self.title.split()[0]

    @cached_property
    def program(self) -> Program:
        """The program before."""
        return read_ir(self.before)

    @property
    def result(self) -> str:
        """What the step makes of the program."""
        from .steps import STEPS, Options  # Mutants are imported with these.

        step = STEPS[self.file.split("-")[0]]
        return step(self.program, Options.read(self.title.split()[1:])) + "\n"


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
        after = case.result if anew else case.after
        texts.append(f"[case {case.title}]\n{head}{case.before}\n{BECOMES}\n{after}")
    return "\n".join(texts)


def case_files() -> list[Path]:
    """All files."""
    return sorted(FOLDER.glob("*.ir"))


def all_cases() -> list[Case]:
    """All cases, their programs read."""
    cases = [case for file in case_files() for case in read_cases(file)]
    assert all(case.program.computations for case in cases)
    return cases
