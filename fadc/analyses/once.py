"""Analyses that are computed once for each version of a program, however often they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

Subject = TypeVar("Subject")
Found = TypeVar("Found")


def once(analysis: Callable[[Subject], Found]) -> Callable[[Subject], Found]:
    """An analysis that remembers what it found of a program, or of a reading, as long as that is there.

    Nobody changes a program, nor what is found of it.
    """
    known: WeakKeyDictionary[Subject, Found] = WeakKeyDictionary()

    @wraps(analysis)
    def found(subject: Subject) -> Found:
        if subject not in known:
            known[subject] = analysis(subject)
        return known[subject]

    return found
