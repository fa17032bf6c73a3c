"""Caching of analyses: each is computed once for each version of a program."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

Subject = TypeVar("Subject")
Found = TypeVar("Found")


def once(analysis: Callable[[Subject], Found]) -> Callable[[Subject], Found]:
    """An analysis with a cache of its results by program, or by reading, while that object lives.

    Programs and results of analyses are never changed.
    """
    known: WeakKeyDictionary[Subject, Found] = WeakKeyDictionary()

    @wraps(analysis)
    def found(subject: Subject) -> Found:
        if subject not in known:
            known[subject] = analysis(subject)
        return known[subject]

    return found
