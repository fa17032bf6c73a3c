"""Jacobians of local functions, for emitted programs that accumulate them at the clients.

A Jacobian of a function of one argument has the argument's containers. Each leaf has the shape of
the argument's leaf with one more axis in front, of rows: row i is the gradient of the i-th scalar
of the output, whose leaves are concatenated. Rows of integer outputs are zero; leaves of integer
arguments are float0, as in JAX.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fadc.engines.leaves import dtype_of, float0_zeros, is_float0, is_inexact


def jacobian(function: Callable[..., Any], *primals: Any) -> tuple[Any, Any]:
    """`function(*primals)` and its Jacobian; a tuple of Jacobians for several arguments.

    It is computed by reverse mode, one row at a time, or by forward mode, one column at a time,
    whichever are fewer. Raises TypeError for complex numbers, as JAX does.
    """
    tree: Any
    leaves, tree = jax.tree.flatten(primals)
    real = [k for k, leaf in enumerate(leaves) if is_inexact(dtype_of(leaf))]

    def rows(*values: Any) -> tuple[Any, Any]:
        given = list(leaves)
        for k, value in zip(real, values, strict=True):
            given[k] = value
        out = function(*tree.unflatten(given))
        return _row(out), out

    values = [jnp.asarray(leaves[k]) for k in real]
    found, out = _differentiated(rows, values)
    shapes: list[Any] = [float0_zeros(np.shape(leaf)) for leaf in leaves]
    for k, value, jac in zip(real, values, found, strict=True):
        shapes[k] = jnp.asarray(jac, value.dtype)
    jacobians = tree.unflatten(shapes)
    return out, jacobians[0] if len(primals) == 1 else jacobians


def gradient(function: Callable[..., Any], *primals: Any) -> tuple[Any, Any]:
    """`jax.value_and_grad` of a function of one real output, by all of its arguments.

    Integers may be among the arguments; their gradients are float0. A tuple of gradients for several
    arguments.
    """
    out, jac = jacobian(function, *primals)
    return out, jax.tree.map(lambda leaf: leaf if is_float0(leaf) else leaf[0], jac)


def contract(v_bar: Any, jac: Any) -> Any:
    """The pullback of `v_bar` by a Jacobian: the sum of its rows, each times its scalar of `v_bar`.

    Raises ValueError unless `v_bar` has as many scalars as the Jacobian has rows.
    """
    row = _row(v_bar)

    def leaf_bar(leaf: Any) -> Any:
        if is_float0(leaf):
            return leaf
        if row.size != leaf.shape[0]:
            raise ValueError(
                f"a cotangent of {row.size} scalars, a Jacobian of {leaf.shape[0]} rows"
            )
        return jnp.tensordot(row, leaf, 1).astype(leaf.dtype)

    return jax.tree.map(leaf_bar, jac)


def scale_gradient(v_bar: Any, gradient: Any) -> Any:
    """The pullback of a scalar cotangent by a gradient: `v_bar * gradient`, leaf by leaf.

    As JAX's pullbacks do, it keeps the dtypes of the gradient.
    """

    def leaf_bar(leaf: Any) -> Any:
        return leaf if is_float0(leaf) else (v_bar * leaf).astype(leaf.dtype)

    return jax.tree.map(leaf_bar, gradient)


def _row(tree: Any) -> Any:
    """All scalars of a tree in one vector, zeros for those that are not differentiable."""
    parts = [
        jnp.ravel(leaf) if is_inexact(dtype_of(leaf)) else jnp.zeros(np.size(leaf))
        for leaf in jax.tree.leaves(tree)
    ]
    return jnp.concatenate(parts) if parts else jnp.zeros(0)


def _differentiated(
    rows: Callable[..., tuple[Any, Any]], values: list[Any]
) -> tuple[tuple[Any, ...], Any]:
    """The Jacobians of `rows` with respect to each of its arguments, and its auxiliary output."""
    if not values:
        return (), rows()[1]
    numbers = tuple(range(len(values)))
    height = jax.eval_shape(rows, *values)[0].size
    if sum(value.size for value in values) < height:
        try:
            found, out = jax.jacfwd(rows, numbers, has_aux=True)(*values)
            return found, out
        except TypeError:
            pass  # A function with a custom_vjp has no forward derivative.
    found, out = jax.jacrev(rows, numbers, has_aux=True)(*values)
    return found, out
