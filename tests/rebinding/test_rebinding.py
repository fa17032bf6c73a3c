"""What is emitted for random programs that rebind few names is right; `--slow` takes more of them.

`python -m tests.rebinding` takes as many as anybody likes, and makes small programs of what fails.
"""

import pytest

from .reports import report
from .running import Task, run

EACH = 5
"""Programs in one test."""

QUICK = range(20, 40, EACH)
SLOW = range(1000, 2000, EACH)


def examine(first: int) -> None:
    """Some programs, each with one derivation."""
    outcome = run(Task(range(first, first + EACH), shrinking=20.0))
    assert outcome.counts["programs"], "there is none to examine"
    reports = [report(seed, failing) for seed, failing in outcome.failures]
    assert not reports, "\n\n".join(reports)


@pytest.mark.parametrize("first", QUICK)
def test_programs(first: int) -> None:
    """A few."""
    examine(first)


@pytest.mark.slow
@pytest.mark.parametrize("first", SLOW)
def test_many_programs(first: int) -> None:
    """A thousand."""
    examine(first)
