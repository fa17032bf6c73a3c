"""Where clients are on devices, and which rows are padding."""

import numpy as np
import pytest

from fadc.engines.layout import Layout, at_positions, balanced


@pytest.mark.parametrize(
    ("clients", "devices", "counts"),
    [
        (5, 4, (2, 1, 1, 1)),
        (8, 4, (2, 2, 2, 2)),
        (3, 4, (1, 1, 1, 0)),
        (0, 3, (0, 0, 0)),
        (7, 1, (7,)),
    ],
)
def test_clients_are_spread_evenly(clients, devices, counts):
    assert balanced(clients, devices) == Layout(counts)
    assert balanced(clients, devices).clients == clients


def test_rows_of_padding_are_copies_of_the_device_s_own_client():
    layout = Layout((3, 1, 2))
    assert (layout.each, layout.rows, layout.is_even) == (3, 9, False)
    assert layout.is_client.tolist() == [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    assert layout.client_of_row.tolist() == [[0, 1, 2], [3, 3, 3], [4, 5, 5]]


def test_a_device_without_clients_has_those_of_another():
    assert Layout((0, 2, 0)).client_of_row.tolist() == [[0, 0], [0, 1], [1, 1]]


@pytest.mark.parametrize("clients", range(9))
@pytest.mark.parametrize("devices", range(1, 5))
def test_the_clients_rows_are_all_clients_in_order(clients, devices):
    layout = balanced(clients, devices)
    rows = layout.client_of_row[layout.is_client]
    assert np.array_equal(rows, np.arange(clients))
    assert layout.is_even == (clients % devices == 0)


def test_clients_of_a_process_are_on_its_devices():
    assert at_positions(3, [1, 3], 4) == (0, 2, 0, 1)
