"""Dimensions: what the text of ``Float[Array, "n+1 *batch"]`` says of a shape, as jaxtyping reads it."""

from __future__ import annotations

import re


def read_dimensions(text: str) -> tuple[str, ...] | None:
    """The extent of each axis as an expression; None where the text leaves one open.

    ``n+1`` and ``*batch``, the axes of one name, stay as they are. ``rows=3`` is ``3``, and ``{rounds}``
    the argument ``rounds``. Open are ``...``, ``_`` and ``_name`` (any axes), ``#d`` (``d`` or 1) and ``?d``
    (another one in each leaf).
    """
    found = [_extent(axis) for axis in text.split()]
    told = tuple(each for each in found if each is not None)
    return told if len(told) == len(found) else None


def read_largest(text: str) -> tuple[str, ...] | None:
    """The same where each axis that may be 1, or another one in each leaf, is as long as it is named."""
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
