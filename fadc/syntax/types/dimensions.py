"""Dimensions: the shape in ``Float[Array, "n+1 *batch"]``, as jaxtyping reads it."""

from __future__ import annotations

import re


def read_dimensions(text: str) -> tuple[str, ...] | None:
    """The extent of each axis as an expression; None if the text leaves one open.

    ``n+1`` and ``*batch`` (several axes) are unchanged. ``rows=3`` is ``3``, and ``{rounds}`` the
    argument ``rounds``. Open are ``...``, ``_`` and ``_name`` (any size), ``#d`` (``d`` or 1) and
    ``?d`` (different in each leaf).
    """
    found = [_extent(axis) for axis in text.split()]
    told = tuple(each for each in found if each is not None)
    return told if len(told) == len(found) else None


def read_largest(text: str) -> tuple[str, ...] | None:
    """The largest extents: an axis ``#d`` or ``?d`` counts as ``d``."""
    return read_dimensions(" ".join(axis.lstrip("#?") for axis in text.split()))


def _extent(axis: str) -> str | None:
    prefix, name = re.fullmatch(r"([#*_?]*)(.*)", axis, re.DOTALL).groups()  # type: ignore[union-attr]
    if axis == "..." or set(prefix) & set("#_?") or not name:
        return None
    if name.count("=") == 1:
        return _extent(name.partition("=")[2])
    if "{" in name:
        name = re.sub(r"\{([A-Za-z_][\w.]*)\}", r"\1", name)
        name = re.sub(r"\{([^{}]*)\}", r"(\1)", name)
    return "*" * ("*" in prefix) + name
