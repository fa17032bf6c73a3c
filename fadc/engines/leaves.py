"""What the leaf of a pytree is: an array, a float0 zero or a static value.

JAX gives the tangent and cotangent space of integer, bool and key leaves the dtype `float0`: it
has one element, zero, and its arrays are NumPy's, holding no bytes of use.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def is_array(leaf: Any) -> bool:
    """Whether `leaf` is a JAX or NumPy array or a tracer.

    NumPy's scalars (`np.float32(1)`) are immutable and known to everyone, like Python's: they are
    static, not arrays.
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
    """The only float0 array of this shape."""
    return np.zeros(shape, jax.dtypes.float0)


def dtype_of(leaf: Any) -> Any:
    """The dtype of an array leaf, or the one that JAX gives to a number."""
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
