"""Why there is no `NAME_value_and_grad` for a result, and what to do about it."""

from __future__ import annotations

from fadc.calculus.selection import Selection
from fadc.ir import Node, Placement, Value, placement

_ANNOTATED = 'fed.Server[Float[Array, ""]]'


def why_no_gradient(selection: Selection) -> str:
    """What the result is instead of one server scalar, and a hint; "" if it is one."""
    if selection.is_scalar:
        return ""
    tree = selection.tree
    if isinstance(tree, Node):
        return _of_several(tree)
    if not isinstance(tree, Value):
        return "it returns no value of the server. Use fadc.vjp"
    if placement(tree.type) is Placement.CLIENTS:
        return "its result is at the clients. Aggregate it with fed.mean or fed.sum"
    array = selection.arrays.get(tree)
    if array is None or array.dims is None or any(map(_is_any_number, array.dims)):
        given = selection.annotation or "its annotation"
        return (
            f"`{given}` leaves open whether its result is a scalar. Annotate the result "
            f"`{_ANNOTATED}`, or use fadc.vjp"
        )
    if not array.differentiable:
        return f"its result has no derivative. Annotate it `{_ANNOTATED}` if it is a float"
    dims = " ".join(array.dims)
    return f'its result is an array of shape "{dims}", and no scalar. Use fadc.vjp'


def _of_several(tree: Node) -> str:
    named = (
        child.name if isinstance(child, Value) and not child.anonymous else str(i)
        for i, child in enumerate(tree.children)
    )
    labels = ", ".join(tree.keys or named)
    if tree.kind not in ("tuple", "list", "dict") or not tree.children:
        return "its result is no single array. Use fadc.vjp"
    return f"it returns several results. Choose one with result=… ({labels}), or use fadc.vjp"


def _is_any_number(dim: str) -> bool:
    """Whether a dimension in an annotation stands for any number of axes, possibly for none."""
    return dim.startswith(("...", "*"))
