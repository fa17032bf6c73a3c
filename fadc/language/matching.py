"""Matching two pytrees that hold the same leaves in containers of different types.

A cotangent that a user writes (`[loss_bar, None]`) need not have the same container types as its
value (a tuple, a named tuple), and None in it stands for a zero of any structure.
"""

from collections.abc import Callable
from typing import Any

import jax


def leaves_as(tree: Any, value: Any) -> list[Any]:
    """The leaves of `value` in the order of the tree definition `tree`.

    A None in `value` stands for a subtree and gives a None for each of its leaves. Raises
    ValueError where the numbers of leaves differ.
    """
    if value is None:
        return [None] * tree.num_leaves
    if tree == jax.tree.structure(value):
        return jax.tree.leaves(value)
    subtrees, (parts, part_tree) = tree.children(), _one_level(value)
    if _same_keys(tree, part_tree) and len(subtrees) == len(parts):
        pairs = zip(subtrees, parts, strict=True)
        return [leaf for pair in pairs for leaf in leaves_as(*pair)]
    return _leaves_by_count(tree, value)


def zip_trees(function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """`function` applied to the matching leaves of `a` and `b`, in the containers of `a`.

    Where one side is None, the result is the other side. Raises ValueError where the leaves do not
    match.
    """
    if a is None or b is None:
        return b if a is None else a
    tree: Any = jax.tree.structure(a)
    if tree == jax.tree.structure(b):
        return jax.tree.map(function, a, b)
    (a_parts, a_level), (b_parts, b_level) = _one_level(a), _one_level(b)
    if _inner(a_level) and _same_keys(a_level, b_level) and len(a_parts) == len(b_parts):
        pairs = zip(a_parts, b_parts, strict=True)
        return a_level.unflatten([zip_trees(function, *pair) for pair in pairs])
    pairs = zip(jax.tree.leaves(a), _leaves_by_count(tree, b), strict=True)
    return tree.unflatten([function(*pair) for pair in pairs])


def _one_level(value: Any) -> tuple[list[Any], Any]:
    """The parts of the outermost container, and its tree definition with these parts as leaves."""
    return jax.tree.flatten(value, is_leaf=lambda part: part is not value)


def _inner(tree: Any) -> bool:
    """Whether this is a container, not a leaf."""
    return tree.node_data() is not None


def _same_keys(a: Any, b: Any) -> bool:
    """Whether two nodes match: any two containers do, but dicts need the same keys."""
    a_data, b_data = a.node_data(), b.node_data()
    if a_data is None or b_data is None:
        return False
    return a_data == b_data or not (a_data[0] is b_data[0] is dict)


def _leaves_by_count(tree: Any, value: Any) -> list[Any]:
    """All leaves of `value`, if their number is that of `tree` and no keys of dicts contradict."""
    leaves, given = jax.tree.leaves(value), jax.tree.structure(value)
    if len(leaves) != tree.num_leaves or _mistakes_keys(tree, given):
        raise ValueError(f"the structures do not match: expected {tree}, got {given}")
    return leaves


def _mistakes_keys(a: Any, b: Any) -> bool:
    """Whether both are dicts with different keys."""
    return _inner(a) and _inner(b) and not _same_keys(a, b)
