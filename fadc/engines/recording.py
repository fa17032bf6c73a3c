"""An engine that records every message of a run while another engine carries it out.

    with record() as run:
        fedavg_round(w, client_lr, server_lr, x, y)
    run.rounds, run.down, run.up, run.messages

It records what a network would carry: each call of a primitive that sends at least one array is one
message. float0 leaves, static values and empty containers are known to both sides and are not sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import jax

from fadc.engines.client_arrays import client_leaves
from fadc.engines.current import Engine, current_engine, use_engine
from fadc.engines.leaves import dtype_of, is_array, is_float0, is_number

Direction = Literal["down", "up"]


@dataclass(frozen=True)
class Part:
    """One array of a message as a single client sends or receives it.

    `path` is its path in the primitive's argument, as `jax.tree_util.keystr` writes it; `shape` has
    no clients axis.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int

    @property
    def elements(self) -> int:
        """The number of array elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Message:
    """The message of one call of a primitive to, or from, each client.

    `primitive` is `broadcast`, `sum` or `mean`; `mechanism` is the name of the upload mechanism
    (`sum` for plain aggregation) and empty for broadcasts. Rounds count from 1.
    """

    direction: Direction
    primitive: str
    mechanism: str
    round: int
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Bytes for one client."""
        return sum(part.bytes for part in self.parts)


@dataclass
class Record:
    """The messages of a run, in order."""

    messages: list[Message] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """The number of rounds: a downlink after an uplink begins a new one."""
        return self.messages[-1].round if self.messages else 0

    @property
    def down(self) -> int:
        """Bytes sent down to each client."""
        return sum(each.bytes for each in self.messages if each.direction == "down")

    @property
    def up(self) -> int:
        """Bytes sent up by each client."""
        return sum(each.bytes for each in self.messages if each.direction == "up")

    def add(self, direction: Direction, primitive: str, mechanism: str, parts: list[Part]) -> None:
        """Append a message, unless it has no parts."""
        if not parts:
            return
        number = max(self.rounds, 1)
        if direction == "down" and self.messages and self.messages[-1].direction == "up":
            number += 1
        self.messages.append(Message(direction, primitive, mechanism, number, tuple(parts)))


@dataclass(frozen=True, eq=False)
class Recording:
    """`inner`, with each message written to `record`. See `fadc.engines.Engine`.

    Every recording is a cache key of its own, so a function that `jax.jit` has traced before is
    traced again. The messages of a traced function are recorded once per trace, not once per call.
    """

    inner: Engine
    record: Record

    def run(self, call: Callable[[], Any], values: Mapping[str, Any]) -> Any:
        """Run a computation as the inner engine does."""
        return self.inner.run(call, values)

    def broadcast(self, value: Any, n: int) -> Any:
        """Record a downlink, and carry it out."""
        self.record.add("down", "broadcast", "", _parts(value, clients_axis=False))
        return self.inner.broadcast(value, n)

    def map(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        static: Mapping[str, Any],
        n: int,
    ) -> Any:
        """Local work sends nothing."""
        return self.inner.map(function, args, static, n)

    def aggregate(self, value: Any, like: str, name: str, n: int) -> Any:
        """Carry out an uplink, and record it."""
        result = self.inner.aggregate(value, like, name, n)
        mechanism = "sum" if name == like else name
        self.record.add("up", like, mechanism, _parts(value, clients_axis=True))
        return result


@contextmanager
def record(engine: Engine | None = None) -> Iterator[Record]:
    """Record the messages of all computations run inside the `with` block.

    They run on `engine`, by default on the current one. Recordings nest: the outer one sees the
    messages, too.
    """
    found = Record()
    with use_engine(Recording(engine or current_engine(), found)):
        yield found


def _parts(value: Any, *, clients_axis: bool) -> list[Part]:
    leaves = client_leaves(value)
    sent = [each for each in leaves if is_array(each[1]) or is_number(each[1])]
    return [
        _part(jax.tree_util.keystr(path), leaf, clients_axis)
        for path, leaf in sent
        if not is_float0(leaf)
    ]


def _part(path: str, leaf: Any, clients_axis: bool) -> Part:
    shape = tuple(getattr(leaf, "shape", ()))
    shape = shape[1:] if clients_axis else shape
    dtype = dtype_of(leaf)
    return Part(path, shape, str(dtype), math.prod(shape) * int(dtype.itemsize))
