"""Widths: the bytes of one array element, from what an annotation says of its dtype."""

from __future__ import annotations

import re

from fadc.ir import Leaf, Program, all_leaves

DTYPES = ("float32", "float64", "float16", "bfloat16")
"""The dtypes that `Float` may mean, JAX's default first; with float64, integers have 64 bits."""

_KEY = 8  # bytes of a default JAX key: two 32-bit words


def width(annotation: str, dtype: str) -> int:
    """The bytes of one element of an array annotated `Float`, `Int32`, `Bool`, …

    Without a width in the annotation, floats have that of `dtype`, and integers JAX's default.
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


def floats_of(program: Program, told: str | None) -> str:
    """The dtype of floats: the given one, the only one that annotations name, or JAX's default."""
    if told is not None:
        return told
    named = set()
    for computation in program.computations.values():
        types = [each.type for each in all_leaves(p.tree for p in computation.parameters)]
        arrays = [type_.array for type_ in types if isinstance(type_, Leaf)]
        named |= {a.dtype.lower() for a in (*arrays, *computation.declared) if a is not None}
    floats = named.intersection(DTYPES)
    return floats.pop() if len(floats) == 1 else DTYPES[0]


def bits(name: str) -> int:
    """The number at the end of a dtype's name, 0 if there is none."""
    found = re.search(r"(\d+)$", name)
    return int(found[1]) if found else 0
