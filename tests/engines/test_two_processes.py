"""Two processes over loopback agree with one, and neither can read the other's data."""

import json
import sys
from typing import Any

import jax
import numpy as np
import pytest

from .one_of_two_processes import CLIENTS, results
from .processes import LIMIT, free_port, started


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    """What each of the two processes prints."""
    port = free_port()
    module = [sys.executable, "-m", "tests.engines.one_of_two_processes"]
    with started([[*module, number, port] for number in "01"]) as processes:
        printed = []
        for process in processes:
            out, err = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, err
            printed.append(json.loads(out.splitlines()[-1]))
    return printed


@pytest.mark.parametrize("name", CLIENTS)
def test_two_processes_agree_with_one(name: str, found: list[dict[str, Any]]) -> None:
    """Server results are the same in both; of client results each has the rows of its own clients."""
    clients = CLIENTS[name]
    leaves = jax.tree.leaves(results(lambda values: values, clients, None))
    for process, first in enumerate((0, clients[0])):
        for leaf, got in zip(leaves, found[process][name], strict=True):
            own = (
                leaf[first : first + clients[process]] if leaf.shape == (sum(clients), 3) else leaf
            )
            np.testing.assert_allclose(got, own, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CLIENTS)
def test_the_other_process_s_data_cannot_be_read(name: str, found: list[dict[str, Any]]) -> None:
    words = {
        "even": "non-addressable",
        "uneven": "some clients of this array are in other processes",
    }
    assert all(words[name] in each[f"read {name}"] for each in found)


def test_a_process_places_its_own_clients(found: list[dict[str, Any]]) -> None:
    for each in found:
        assert (
            "control is an array of this process alone, but the clients are in 2 " in each["plain"]
        )


def test_processes_place_values_of_the_same_types(found: list[dict[str, Any]]) -> None:
    for process, each in enumerate(found):
        assert "the processes place client values of different types" in each["types"]
        assert f"({3 + process},), 'float64')" in each["types"]
