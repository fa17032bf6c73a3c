"""The decorator that marks a federated computation."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from fadc.engines import current_engine
from fadc.language import annotations, cohort
from fadc.language.floats import with_floats
from fadc.language.primitives import DeclaredAggregator, like_of

P = ParamSpec("P")
R = TypeVar("R")

_MARK = "__fadc_computation__"


def is_computation(function: object) -> bool:
    """Whether this is what `computation` returns."""
    return inspect.isfunction(function) and _MARK in vars(function)


@overload
def computation(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def computation(
    *, transpose_broadcast: DeclaredAggregator | Callable[[Any], Any] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def computation(
    function: Callable[P, R] | None = None,
    /,
    *,
    transpose_broadcast: DeclaredAggregator | Callable[[Any], Any] | None = None,
) -> Any:
    """Mark `function` as a federated computation, and find its cohort when it is called.

    The number of clients is the common leading axis of the arguments annotated `fed.Clients`. A
    computation called by another one has the caller's cohort.

    A whole number that is passed for a `Float` is converted to a float, since integers have no
    derivatives.

    `transpose_broadcast` names the upload mechanism of transposed broadcasts: `fed.sum`,
    `fed.mean` or a declared aggregator. It matters to `fadc transform` only.

    Calls raise ValueError where the arguments disagree on the number of clients. The decorator
    raises TypeError if `transpose_broadcast` is not a mechanism.
    """
    if function is None:
        if transpose_broadcast is not None and not isinstance(
            transpose_broadcast, DeclaredAggregator
        ):
            like_of(transpose_broadcast, "transpose_broadcast")
        return computation
    return _run_in_its_cohort(function)


def _run_in_its_cohort(function: Callable[P, R]) -> Callable[P, R]:
    name = getattr(function, "__qualname__", repr(function))
    # Annotations may name what is defined further down in the module: read at the first call.
    signature = functools.cache(lambda: annotations.signature(function))

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature().bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}(): {error}") from None
        leaves = _client_leaves(bound)
        with cohort.entered(
            name, {each: int(leaf.shape[0]) for each, leaf in leaves.items()}
        ) as first:
            call = functools.partial(function, *args, **kwargs)
            if with_floats(bound):
                call = functools.partial(function, *bound.args, **bound.kwargs)
            return current_engine().run(call, leaves) if first else call()

    vars(run)[_MARK] = True
    return run


def _client_leaves(bound: inspect.BoundArguments) -> dict[str, Any]:
    """Every client-placed array leaf of the arguments, by its name.

    Raises ValueError for a leaf without any axis.
    """
    leaves = {}
    for name, value in bound.arguments.items():
        annotation = bound.signature.parameters[name].annotation
        for leaf_name, leaf in annotations.client_leaves(annotation, value, name):
            if leaf.ndim == 0:
                raise ValueError(
                    f"{leaf_name} is annotated fed.Clients, but is a scalar: a client-placed array "
                    "has a leading axis, one entry per client"
                )
            leaves[leaf_name] = leaf
    return leaves
