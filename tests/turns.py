"""Combinations of which the default suite has one for each subject; `--slow` has all."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import pytest


def in_turn(
    subjects: Sequence[Any],
    options: Iterable[Any],
    name: Callable[[Any], str] = lambda subject: subject.id,
    *,
    step: int = 1,
    slow: Collection[Any] = (),
) -> list[Any]:
    """Pairs of a subject and an option for `parametrize`, each option for another subject by default.

    Without `--slow` only each `step`-th subject is there, and none of the `slow` ones.
    """
    choices = list(options)

    def is_quick(number: int, turn: int) -> bool:
        chosen = number % step == 0 and (number // step + turn) % len(choices) == 0
        return chosen and subjects[number] not in slow

    return [
        pytest.param(
            subject,
            option,
            id=f"{name(subject)}-{option}",
            marks=() if is_quick(number, turn) else pytest.mark.slow,
        )
        for turn, option in enumerate(choices)
        for number, subject in enumerate(subjects)
    ]
