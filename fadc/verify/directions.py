"""Random directions of differentiation, and the difference of two results."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.dtypes import float0


def direction(value: Any, random: np.random.Generator) -> Any:
    """A random tangent or cotangent of a value: float0 for its discrete leaves, as in JAX."""

    def of_leaf(leaf: Any) -> Any:
        if jnp.issubdtype(jnp.result_type(leaf), jnp.inexact):
            return jnp.asarray(random.normal(size=jnp.shape(leaf)), jnp.result_type(leaf))
        return np.zeros(jnp.shape(leaf), float0)

    return jax.tree.map(of_leaf, value)


Product = tuple[Any, Any]
"""An inner product, and the sum of the magnitudes of its terms."""


def dot(first: Any, second: Any) -> Product:
    """The inner product over all floating-point leaves, added up in double precision."""
    pairs = list(zip(_numbers(first), _numbers(second), strict=True))
    size = sum(np.sum(np.abs(a * b)) for a, b in pairs)
    return sum(np.vdot(a, b) for a, b in pairs), size


def products_apart(found: Product, expected: Product) -> float:
    """The difference of two inner products, relative to 1 + the magnitudes of their terms."""
    return float(abs(found[0] - expected[0]) / (1 + max(found[1], expected[1])))


def apart(found: Any, expected: Any) -> float:
    """The largest difference of two trees; infinite where their shapes differ.

    The difference of a leaf is relative to 1 + its largest entry.
    """
    pairs = list(zip(_numbers(found), _numbers(expected), strict=False))
    if len(pairs) != len(_numbers(expected)) or any(np.shape(a) != np.shape(b) for a, b in pairs):
        return float("inf")
    return max((_apart_leaf(a, b) for a, b in pairs), default=0.0)


def _apart_leaf(found: Any, expected: Any) -> float:
    if expected.size == 0:
        return 0.0
    return float(np.max(np.abs(found - expected)) / (1 + np.max(np.abs(expected))))


def _numbers(tree: Any) -> list[Any]:
    """The leaves that can be subtracted (no float0 and no keys), in double precision."""
    leaves = map(jnp.asarray, _ordinary(tree))
    return [np.asarray(leaf).astype(jnp.promote_types(leaf.dtype, float)) for leaf in leaves]


def _ordinary(tree: Any) -> list[Any]:
    leaves = jax.tree.leaves(tree)
    return [
        leaf
        for leaf in leaves
        if getattr(leaf, "dtype", None) != float0
        and not jnp.issubdtype(jnp.result_type(leaf), jax.dtypes.prng_key)
    ]
