"""Dimensions as jaxtyping writes them."""

import pytest

from fadc.syntax.types.dimensions import read_dimensions


@pytest.mark.parametrize(
    ("text", "extents"),
    [
        ("", ()),
        ("n d", ("n", "d")),
        ("3 rows=4 cols=d", ("3", "4", "d")),
        ("n+1 2*(n-1)", ("n+1", "2*(n-1)")),
        ("{rounds} {rounds}+1 {self.k} {n+1}*2", ("rounds", "rounds+1", "self.k", "(n+1)*2")),
        ("*batch d", ("*batch", "d")),
        ("min(n,3)", ("min(n,3)",)),
    ],
)
def test_what_is_told(text: str, extents: tuple[str, ...]) -> None:
    assert read_dimensions(text) == extents


@pytest.mark.parametrize(
    "text",
    ["...", "... d", "_", "n _", "_name", "#d", "?d", "#*batch", "*#batch", "*_", "a=_", "*"],
)
def test_what_is_left_open(text: str) -> None:
    assert read_dimensions(text) is None
