"""Two processes over loopback agree with one, and neither can read the other's data."""

import json
import sys
from typing import Any

import jax
import numpy as np

from .one_of_two_processes import CLIENTS, results
from .processes import LIMIT, free_port, started


def test_two_processes() -> None:
    """One test: a pair of processes takes ten seconds, and tests may run in several."""
    found = printed_by_two()
    for name, clients in CLIENTS.items():
        leaves = jax.tree.leaves(results(lambda values: values, clients, None))
        for process, each in enumerate(found):
            assert_own_part(each[name], leaves, clients, process)
    for process, each in enumerate(found):
        assert "non-addressable" in each["read even"]
        assert "some clients of this array are in other processes" in each["read uneven"]
        assert (
            "control is an array of this process alone, but the clients are in 2 " in each["plain"]
        )
        assert "the processes place client values of different types" in each["types"]
        assert f"({3 + process},), 'float64')" in each["types"]


def printed_by_two() -> list[dict[str, Any]]:
    """What each of two processes prints."""
    module, port = [sys.executable, "-m", "tests.engines.one_of_two_processes"], free_port()
    with started([[*module, number, port] for number in "01"]) as processes:
        printed = []
        for process in processes:
            out, err = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, err
            printed.append(json.loads(out.splitlines()[-1]))
    return printed


def assert_own_part(
    found: list[Any], expected: list[Any], clients: tuple[int, ...], process: int
) -> None:
    """Server results are the same in both; of client results each has the rows of its own clients."""
    first = sum(clients[:process])
    for got, wanted in zip(found, expected, strict=True):
        own = slice(first, first + clients[process]) if wanted.shape == (sum(clients), 3) else ...
        np.testing.assert_allclose(got, wanted[own], rtol=1e-9, atol=1e-12)
