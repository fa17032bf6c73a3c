"""Small programs of IR, before and after a step, as a person writes them: see the files in `cases`.

The steps are in `steps.py`. `pytest --update-golden` writes the second half of each case anew. Read what has
changed.
"""

import difflib
from pathlib import Path

import pytest

from .cases_of import Case, case_files, read_cases, written

CASES = [case for file in case_files() for case in read_cases(file)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}-{case.name}")
def test_the_step_does_this(case: Case, update: bool) -> None:
    if not update and case.result != case.after:
        lines = difflib.unified_diff(
            case.after.splitlines(), case.result.splitlines(), "wanted", "made", lineterm="", n=99
        )
        pytest.fail(f"{case.file}: {case.title}\n" + "\n".join(lines), pytrace=False)


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_the_file_says_what_is_run(file: Path, update: bool) -> None:
    """Cases have names of their own, and nothing stands between them that nobody reads."""
    cases = read_cases(file)
    assert len({case.name for case in cases}) == len(cases)
    if update:
        file.write_text(written(cases, anew=True), encoding="utf-8", newline="\n")
    else:
        assert written(cases) == file.read_text(encoding="utf-8")
