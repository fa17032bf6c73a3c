"""How the results of two programs are compared: to the bit, or at the tolerance of their dtypes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.dtypes import float0

EXACT = 1e-9
"""Relative to 1 + the largest entry, where all floats are float64."""

BLURRED = 6e-2
"""The same where some are bfloat16: sums of cotangents may be taken in any order."""


class NotFiniteError(Exception):
    """The expected results are not finite, so nothing can be compared."""


def dtype(leaf: Any) -> Any:
    """The dtype of an array or a number."""
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)


def is_real(leaf: Any) -> bool:
    """Whether a leaf is a float."""
    return bool(jnp.issubdtype(dtype(leaf), jnp.floating))


def other_bits(actual: Any, expected: Any) -> str | None:
    """What differs in structure, shape, dtype or a single bit; None if nothing does."""
    pairs = _pairs(actual, expected)
    if isinstance(pairs, str):
        return pairs
    for number, (got, wanted) in enumerate(pairs):
        found = _other_type(got, wanted)
        if found is None and np.asarray(got).tobytes() != np.asarray(wanted).tobytes():
            found = f"bits: {got} and not {wanted}"
        if found is not None:
            return f"{found}, leaf {number}"
    return None


def other_values(actual: Any, expected: Any, tolerance: float) -> str | None:
    """What differs in structure, shape, dtype or by more than the tolerance.

    Raises NotFiniteError where the expected results are not finite.
    """
    pairs = _pairs(actual, expected)
    if isinstance(pairs, str):
        return pairs
    if not all(_is_finite(wanted) for _, wanted in pairs):
        raise NotFiniteError
    for number, (got, wanted) in enumerate(pairs):
        found = _other_type(got, wanted) or _other_leaf(got, wanted, tolerance)
        if found is not None:
            return f"{found}, leaf {number}"
    return None


def _pairs(actual: Any, expected: Any) -> list[tuple[Any, Any]] | str:
    got, wanted = jax.tree.leaves(actual), jax.tree.leaves(expected)
    if len(got) != len(wanted):
        return f"structure: {jax.tree.structure(actual)} and not {jax.tree.structure(expected)}"
    return list(zip(got, wanted, strict=True))


def _is_finite(leaf: Any) -> bool:
    return not is_real(leaf) or bool(np.all(np.isfinite(np.asarray(leaf, np.float64))))


def _other_type(got: Any, wanted: Any) -> str | None:
    if np.shape(got) != np.shape(wanted):
        return f"shape: {np.shape(got)} and not {np.shape(wanted)}"
    if dtype(got) != dtype(wanted):
        return f"dtype: {dtype(got)} and not {dtype(wanted)}"
    return None


def _other_leaf(got: Any, wanted: Any, tolerance: float) -> str | None:
    if dtype(wanted) == float0:
        return None
    if not is_real(wanted):
        return None if np.array_equal(got, wanted) else f"value: {got} and not {wanted}"
    found, expected = (np.asarray(each, np.float64) for each in (got, wanted))
    largest = np.max(np.abs(expected), initial=0.0)
    distance = np.max(np.abs(found - expected), initial=0.0)
    if distance <= tolerance * (1.0 + largest):
        return None
    return f"value: {found} and not {expected}"
