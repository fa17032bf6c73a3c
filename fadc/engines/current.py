"""The protocol of engines, and the engine in use."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from fadc.engines.embedded import Embedded
from fadc.engines.scoped import Scoped


class Engine(Protocol):
    """The protocol of an engine. It is hashable and keeps no state of a program's run.

    A *client-placed value* is a pytree. In the embedded engine every array leaf has a leading
    clients axis of length `n`; another engine may lay it out as it likes, if it can tell `n`.
    """

    def run(self, call: Callable[[], Any], values: Mapping[str, Any]) -> Any:
        """Run an outermost computation: `call()`, whose result has to be laid out for its caller.

        `values` are the array leaves of its client-placed arguments, by their names; there is at
        least one.
        """
        ...

    def broadcast(self, value: Any, n: int) -> Any:
        """Send a server-placed pytree to the `n` clients; the result is client-placed."""
        ...

    def map(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        static: Mapping[str, Any],
        n: int,
    ) -> Any:
        """Call `function(*args, **static)` at every client.

        `args` are client-placed, except their leaves that are not arrays: these and `static` are
        known to everyone. The result is client-placed.
        """
        ...

    def aggregate(self, value: Any, like: str, name: str, n: int) -> Any:
        """Upload a client-placed pytree and reduce it over the clients, leaf by leaf.

        `like` is `"sum"` or `"mean"`; `name` is the mechanism that carries the upload (`"sum"` and
        `"mean"` for plain aggregation, else the name of a declared aggregator). The result is
        server-placed.
        """
        ...


_current: Scoped[Engine] = Scoped("fadc_engine", Embedded())


def current_engine() -> Engine:
    """The engine that the primitives use here."""
    return _current.get()


@contextmanager
def use_engine(engine: Engine) -> Iterator[Engine]:
    """Run the primitives inside the `with` block on `engine`."""
    with _current.set(engine):
        yield engine
