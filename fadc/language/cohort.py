"""The cohort of the computation that is running: how many clients there are.

A program has one cohort. Its size is that of the client values passed to the outermost computation,
and holds for all that this one calls.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from fadc.engines.scoped import Scoped


@dataclass(frozen=True, slots=True)
class Cohort:
    """The clients of a running computation; `size` is None if no argument is at the clients."""

    size: int | None
    computation: str = field(compare=False)


_cohort: Scoped[Cohort | None] = Scoped("fadc_cohort", None)
_mapping: ContextVar[bool] = ContextVar("fadc_mapping", default=False)


def size_for(primitive: str) -> int:
    """The number of clients, for a primitive that is about to run.

    Raises ValueError outside computations, inside a mapped function, and if no argument of the
    running computation determines the number.
    """
    cohort = _cohort.get()
    if _mapping.get():
        raise ValueError(
            f"{primitive} was called inside a function given to fed.map: "
            "a client sees its own arguments only and talks to nobody"
        )
    if cohort is None:
        raise ValueError(
            f"cannot tell the number of clients: {primitive} was called outside a computation. "
            "Decorate the function that calls it with @fed.computation"
        )
    if cohort.size is None:
        raise ValueError(
            f"cannot tell the number of clients: {primitive} was called in {cohort.computation}, "
            "which has no array argument annotated fed.Clients and was not called by a "
            "computation that has one"
        )
    return cohort.size


@contextmanager
def entered(computation: str, sizes: dict[str, int]) -> Iterator[bool]:
    """Run a computation whose client-placed argument leaves have these leading axes.

    Yields whether this computation determines the cohort, since no caller has.

    Raises ValueError where they disagree with one another or with the cohort of the caller.
    """
    outer = _cohort.get()
    known = outer is not None and outer.size is not None
    size = _common_size(computation, sizes)
    if outer is not None and outer.size is not None:
        if size is not None and size != outer.size:
            raise ValueError(
                f"{computation} was given values at {size} clients ({', '.join(sizes)}), but was "
                f"called in {outer.computation}, which has {outer.size}: a program has one cohort"
            )
        size = outer.size
    with _cohort.set(Cohort(size, computation)):
        yield size is not None and not known


@contextmanager
def mapping() -> Iterator[None]:
    """Run mapped functions: no primitive is allowed inside."""
    token = _mapping.set(True)
    try:
        yield
    finally:
        _mapping.reset(token)


def _common_size(computation: str, sizes: dict[str, int]) -> int | None:
    """The size that all `sizes` agree on, None if there are none."""
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise ValueError(
            f"the arguments of {computation} disagree on the number of clients: {listed}"
        )
    return next(iter(sizes.values()), None)
