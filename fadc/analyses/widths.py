"""Widths: the bytes of one array element, from what an annotation says of its dtype."""

from __future__ import annotations

import re

DTYPES = ("float32", "float64", "float16", "bfloat16")
"""The dtypes that `Float` may stand for; with float64, integers have 64 bits, too, as in JAX."""

_KEY = 8  # bytes of a default JAX key: two 32-bit words


def width(annotation: str, dtype: str) -> int:
    """The bytes of one element of an array annotated `Float`, `Int32`, `Bool`, …

    An annotation that names no width has `dtype`'s for floats, and JAX's default for integers.
    """
    plain = bits(dtype)
    if annotation.startswith("Bool"):
        return 1
    if annotation.startswith("Key"):
        return _KEY
    if named := bits(annotation):
        return max(named // 8, 1)
    if annotation.startswith(("Int", "UInt")) and not annotation.startswith("Inexact"):
        return 8 if plain == 64 else 4
    return plain // 8 * (2 if annotation.startswith("Complex") else 1)


def bits(name: str) -> int:
    """The number at the end of a dtype's name, 0 where there is none."""
    found = re.search(r"(\d+)$", name)
    return int(found[1]) if found else 0
