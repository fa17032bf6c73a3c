"""Placements as objects: what annotations look like at run time."""

import copy
import pickle
import typing

import pytest
from jaxtyping import Array, Float

import fadc as fed


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (fed.Server, "fadc.Server"),
        (fed.Clients, "fadc.Clients"),
        (fed.Server[str], "typing.Annotated[str, fadc.Server[str]]"),
        (
            fed.Clients[dict[str, str]],
            "typing.Annotated[dict[str, typing.Any], fadc.Clients[dict[str, str]]]",
        ),
        (
            fed.Clients[int, str],
            "typing.Annotated[typing.Any, fadc.Clients[(<class 'int'>, <class 'str'>)]]",
        ),
    ],
)
def test_placements_have_a_good_repr(annotation, text):
    assert repr(annotation) == text


@pytest.mark.parametrize("annotation", [fed.Server, fed.Clients[str], fed.Clients["Unknown"]])
def test_placements_are_values(annotation):
    assert pickle.loads(pickle.dumps(annotation)) == annotation
    assert copy.deepcopy(annotation) == annotation
    assert len({annotation, copy.copy(annotation)}) == 1


def test_placements_of_unhashable_types_are_hashable():
    assert hash(fed.Server[[1]]) == hash(fed.Server[[2]])
    assert fed.Server[[1]] != fed.Server[[2]]


def test_placements_stand_in_other_annotations():
    placed = fed.Clients[Float[Array, "n d"]]
    assert typing.get_args(tuple[fed.Server, placed]) == (fed.Server, placed)
    assert typing.get_args(dict[str, placed]) == (str, placed)
    assert typing.get_args(placed | None) == (placed, type(None))
    assert typing.get_args(None | placed) == (type(None), placed)
    assert fed.Server != fed.Clients
