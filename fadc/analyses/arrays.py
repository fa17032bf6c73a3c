"""The arrays that values are proven to be, by the annotations of the results that they become."""

from __future__ import annotations

from collections.abc import Mapping

from fadc.ir import (
    Aggregate,
    Apply,
    Array,
    Builtin,
    Computation,
    Expression,
    Leaf,
    Value,
    all_leaves,
    is_several,
    leaves,
    walk,
)
from fadc.ir.source_text import elementwise_operands

SCALAR = Array(True, (), "")
"""A scalar that arithmetic combines into a floating-point number; itself it may be an integer."""


def declared_arrays(computation: Computation) -> dict[Value, Array]:
    """The arrays that uploads are proven to be, by the annotations of the results that they become.

    An aggregate has the shape of what each client sends. A quotient of totals is a scalar only if
    both totals are; the same holds for elementwise arithmetic.
    """
    found = {
        value: array
        for value, array in zip(leaves(computation.result), computation.declared, strict=False)
        if array is not None and array.differentiable
    }
    for operation in reversed(list(walk(computation.block))):
        match operation:
            case Apply(function=Builtin(name="divide"), args=args, result=Value() as result):
                if result in found and found[result].dims == ():
                    found.update(dict.fromkeys(all_leaves(args), found[result]))
            case Apply(function=Expression() as function, args=args, result=Value() as result):
                if result in found and found[result].dims == ():
                    named = zip(function.parameters, args, strict=True)
                    parts = (
                        tree
                        for name, tree in named
                        if name in elementwise_operands(function.source)
                    )
                    for value in all_leaves(parts):
                        found.setdefault(value, SCALAR)
            case Aggregate(values=values, results=aggregated):
                for tree, result in zip(values, aggregated, strict=True):
                    if result in found and isinstance(tree, Value):
                        found[tree] = found[result]
    return found


class Known(dict[Value, Array]):
    """The facts that are proven about values.

    ``factors`` are those of the sizes of values with unknown dimensions, ``texts`` the texts of
    static values.
    """

    def __init__(
        self,
        proven: Mapping[Value, Array],
        factors: Mapping[Value, tuple[str, ...]],
        texts: Mapping[Value, str],
    ) -> None:
        super().__init__(proven)
        self.factors, self.texts = factors, texts


def array_of(value: Value, known: Mapping[Value, Array]) -> Array | None:
    """The array that a value is proven to be: by its own type or by what it becomes."""
    own = value.type.array if isinstance(value.type, Leaf) else None
    return own if own is not None else known.get(value)


def is_real_scalar(value: Value, known: Mapping[Value, Array]) -> bool:
    """Whether a value is proven to be one number at each client and declared as floating-point."""
    return is_scalar(value, known) and array_of(value, known) != SCALAR


def is_scalar(value: Value, known: Mapping[Value, Array]) -> bool:
    """Whether a value is proven to be one number at each client."""
    array = array_of(value, known)
    return array is not None and array.differentiable and array.dims == ()


def is_seed(value: Value, known: Mapping[Value, Array]) -> bool:
    """Whether tangents of an input can be pushed: it is proven to be a real number or a vector."""
    array = array_of(value, known)
    if array is None or array == SCALAR or not array.differentiable or array.dims is None:
        return False
    return len(array.dims) <= 1 and not any(map(is_several, array.dims))


def stack_of(value: Value, known: Mapping[Value, Array]) -> tuple[str, ...] | None:
    """The symbols whose product is the number of a vector's elements; None for a single number."""
    return None if is_scalar(value, known) else factors(value, known)


def factors(value: Value, known: Mapping[Value, Array]) -> tuple[str, ...]:
    """The numbers and symbols whose product is the size of a value, as far as it is known."""
    proven = [known.get(value), value.type.array if isinstance(value.type, Leaf) else None]
    dims = next((array.dims for array in proven if array and array.dims is not None), None)
    if dims is None and isinstance(known, Known) and value in known.factors:
        return known.factors[value]
    if dims is None:
        return (f"|{value.name.removesuffix('_at_clients')}|",)
    return dims


def jacobian_factors(upload: Value, by: Value, known: Mapping[Value, Array]) -> tuple[str, ...]:
    """The same for a Jacobian, of one upload by one broadcast value."""
    return (*factors(upload, known), *factors(by, known))
