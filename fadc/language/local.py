"""Local functions of emitted programs, for either placement.

They do leaf by leaf what plain operators do to arrays, since a program's text does not show whether
a value is an array or a dict of arrays. Leaves of dtype float0 (see `fadc.engines.leaves`) are
zeros and are left as they are.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters.ad import Zero

from fadc.engines.leaves import dtype_of, float0_zeros, is_array, is_float0, is_inexact
from fadc.language.matching import leaves_as, zip_trees


def add(a: Any, b: Any) -> Any:
    """The sum of two tangents or cotangents.

    None in place of a subtree is a zero. The result has the containers of `a`; those of `b` may
    differ in type (a list for a tuple). Raises ValueError where the leaves do not match.
    """
    return zip_trees(_add_leaves, a, b)


def scale(c: Any, a: Any) -> Any:
    """`c * a`, leaf by leaf, with JAX's promotion: a Python number `c` keeps a float's dtype."""
    return jax.tree.map(lambda leaf: leaf if is_float0(leaf) else c * leaf, a)


def divide(a: Any, c: Any) -> Any:
    """`a / c`, leaf by leaf, with JAX's promotion: a Python number `c` keeps a float's dtype."""
    return jax.tree.map(lambda leaf: leaf if is_float0(leaf) else leaf / c, a)


def basis(a: Any) -> Any:
    """The standard basis for a vector of shape `(d,)`: `d` unit tangents, stacked to `(d, d)`."""
    return jnp.eye(a.size, dtype=dtype_of(a))


def zeros_along(stack: Any, a: Any) -> Any:
    """A stack of zero tangents of `a`, as many as `stack` has along its first axis."""
    count = jax.tree.leaves(stack)[0].shape[0]

    def zeros(leaf: Any) -> Any:
        if is_float0(leaf):
            return float0_zeros((count, *leaf.shape))
        return jnp.zeros((count, *leaf.shape), leaf.dtype)

    return jax.tree.map(zeros, zeros_like(a))


def push(
    function: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    """`jax.jvp` along a stack of tangents: the output, and the stack of its tangents.

    Leaves of `tangents` have one more axis than those of `primals`, in front. Raises as `jax.jvp`
    does.
    """
    out, pushforward = jax.linearize(function, *primals)
    return out, jax.vmap(pushforward)(*tangents)


def vdot(v_bar: Any, v_dot: Any) -> Any:
    """The inner product of a cotangent and a tangent of one value: a scalar, the sum over leaves.

    Containers may differ in type (a list for a tuple); leaves of dtype float0 are zero.
    """
    leaves = zip(jax.tree.leaves(v_bar), jax.tree.leaves(v_dot), strict=True)
    products = [jnp.vdot(x, y) for x, y in leaves if not (is_float0(x) or is_float0(y))]
    return sum(products, 0.0)


def cast_like(a: Any, v: Any) -> Any:
    """A tangent or cotangent of `v`, cast leaf by leaf to the dtype that JAX gives it.

    That is the dtype of `v`, and float0 for integer, bool and key leaves; for real leaves the real
    part is taken. None in place of a subtree is a zero. The result has the containers of `v`.
    Raises ValueError where the leaves do not match.
    """
    leaves: list[Any]
    tree: Any
    leaves, tree = jax.tree.flatten(v)
    pairs = zip(leaves_as(tree, a), leaves, strict=True)
    return tree.unflatten([_cast_like_leaf(*pair) for pair in pairs])


def zeros_like(a: Any) -> Any:
    """The zero tangent, or cotangent, of `a`: float0 for integer, bool and key leaves."""
    return jax.tree.map(_zero_leaf, a)


def pull(pullback: Callable[[Any], Any], v_bar: Any) -> Any:
    """`pullback(v_bar)` for a pullback of `jax.vjp`, with `v_bar` fitted to the output.

    - Each leaf is cast to the dtype of its output; leaves of integer outputs are replaced by zeros.
    - Containers are matched by leaf: a list may stand for a tuple.
    - None, for the whole or for a subtree, stands for a zero cotangent.

    Returns the tuple of input cotangents. Raises ValueError where the leaves do not match.
    """
    output = _output_of(pullback)
    if output is None:
        return pullback(v_bar)
    tree, avals = output
    leaves = leaves_as(tree, v_bar)
    fitted = [_cast(leaf, aval) for leaf, aval in zip(leaves, avals, strict=True)]
    if not any(isinstance(leaf, Zero) for leaf in fitted):
        return pullback(tree.unflatten(fitted))
    try:
        return pullback(tree.unflatten(fitted))
    except ValueError:  # JAX (0.10) refuses symbolic zeros of what a scan stacks.
        return pullback(tree.unflatten([_instantiated(leaf) for leaf in fitted]))


def _output_of(pullback: Any) -> tuple[Any, list[Any]] | None:
    """The tree definition and the abstract values of the primal output that belongs to `pullback`.

    JAX (0.10) keeps both in the static part of the pullback, so they survive vmap and jit; the
    values are those that `jax.vjp` saw, without the axes that an outer vmap adds. None for a
    callable that is not a pullback of `jax.vjp`: its cotangent is passed unchanged.
    """
    try:
        return pullback.out_tree, pullback.fun.args[3]
    except (AttributeError, IndexError):
        return None


def _cast(leaf: Any, aval: Any) -> Any:
    """`leaf` as the cotangent of an output of type `aval`; a leaf that fits is left alone.

    A zero is symbolic, so that JAX drops the work that would only multiply by it.
    """
    if leaf is None or is_float0(leaf) or not is_inexact(aval.dtype):
        return Zero(aval.to_ct_aval())
    given = dtype_of(leaf)
    if (is_array(leaf) and given == aval.dtype) or _loses_imaginary(given, aval.dtype):
        return leaf
    return jnp.asarray(leaf, aval.dtype)


def _instantiated(leaf: Any) -> Any:
    """A cotangent in which symbolic zeros are replaced by arrays."""
    if not isinstance(leaf, Zero):
        return leaf
    aval: Any = leaf.aval
    return jnp.zeros(aval.shape, aval.dtype) if is_inexact(aval.dtype) else float0_zeros(aval.shape)


def _loses_imaginary(given: Any, wanted: Any) -> bool:
    """Whether a cast would drop an imaginary part; JAX is then left to refuse the cotangent."""
    return jnp.issubdtype(given, jnp.complexfloating) and not jnp.issubdtype(
        wanted, jnp.complexfloating
    )


def _add_leaves(x: Any, y: Any) -> Any:
    if is_float0(x):
        return y
    return x if is_float0(y) else x + y


def _cast_like_leaf(a: Any, v: Any) -> Any:
    dtype = dtype_of(v)
    if a is None:
        return _zero_leaf(v)
    if not is_inexact(dtype):
        return float0_zeros(jnp.shape(a))
    if is_float0(a):
        return jnp.zeros(a.shape, dtype)
    return jnp.asarray(jnp.real(a) if _loses_imaginary(dtype_of(a), dtype) else a, dtype)


def _zero_leaf(leaf: Any) -> Any:
    if is_inexact(dtype_of(leaf)):
        return jnp.zeros_like(leaf)
    return float0_zeros(leaf.shape if is_array(leaf) else ())
