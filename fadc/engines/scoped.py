"""A dynamically scoped value that `jax.jit` takes into account."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import jax

T = TypeVar("T")


class Scoped(Generic[T]):
    """A context variable that is also part of the key of JAX's caches.

    Otherwise a function that is traced under one cohort and called again under another would reuse
    the first trace, in which the number of clients is a constant, and be silently wrong. Values
    must be hashable.
    """

    def __init__(self, name: str, default: T) -> None:
        self._variable: ContextVar[T] = ContextVar(name, default=default)
        self._jit_key: Any = jax.make_user_context(None)  # type: ignore[no-untyped-call]

    def get(self) -> T:
        """The value of the innermost `set` around here, or the default."""
        return self._variable.get()

    @contextmanager
    def set(self, value: T) -> Iterator[None]:
        """Set `value` inside the `with` block, and restore the former value after it."""
        token = self._variable.set(value)
        try:
            with self._jit_key(value):
                yield
        finally:
            self._variable.reset(token)
