"""The kinds of leaves of a pytree: arrays, float0 zeros and static values.

Tangents and cotangents of integer, bool and key leaves have JAX's dtype `float0`: its only value is
zero, and its arrays are NumPy's and carry no data.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def is_array(leaf: Any) -> bool:
    """Whether `leaf` is a JAX or NumPy array or a tracer.

    NumPy's scalars (`np.float32(1)`) are immutable and known to everyone, like Python's: they are
    static values, not arrays.
    """
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype") and not isinstance(leaf, np.generic)


def is_number(leaf: Any) -> bool:
    """Whether `leaf` is a static number, of Python or of NumPy."""
    return isinstance(leaf, (bool, int, float, complex, np.generic))


def is_float0(leaf: Any) -> bool:
    """Whether `leaf` is a zero tangent or cotangent of something that is not differentiable."""
    return getattr(leaf, "dtype", None) == jax.dtypes.float0


def is_inexact(dtype: Any) -> bool:
    """Whether `dtype` is real or complex floating point, so that it has derivatives."""
    return bool(jnp.issubdtype(dtype, np.inexact))


def float0_zeros(shape: tuple[int, ...]) -> Any:
    """The float0 array of this shape; its elements are all zero."""
    return np.zeros(shape, jax.dtypes.float0)


def dtype_of(leaf: Any) -> Any:
    """The dtype of an array leaf, or the one that JAX gives to a number."""
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
