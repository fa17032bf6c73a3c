"""Results that are dicts of tuples: their cotangents are parameters of the derivative."""

import pytest

import fadc

PROGRAM = """
import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> dict[str, tuple[fed.Server, {other}]]:
    m = fed.mean(z) * w
    return {{"a": (m, {value}), "b": (w, {value})}}
"""
MIXED = PROGRAM.format(other="fed.Clients", value="z")


@pytest.mark.parametrize("mode", ["reverse", "mixed"])
def test_no_annotation_says_which_part_is_where(mode: str) -> None:
    """So the whole result has no pullback, and it is said what has one."""
    (found,) = fadc.transform(MIXED, mode=mode, of="prog", wrt=("w",)).diagnostics
    assert found.code == "FAD113"
    assert "`out_bar`" in found.message
    assert "--result" in found.help


@pytest.mark.parametrize(("mode", "result"), [("reverse", "a"), ("forward", None)])
def test_a_part_and_a_tangent_can_be_had(mode: str, result: str | None) -> None:
    """A part of the dict is a tuple, and tangents are results."""
    done = fadc.transform(MIXED, mode=mode, of="prog", wrt=("w",), result=result)
    assert not done.diagnostics
    assert not fadc.check(done.text)


def test_parts_of_one_placement_are_one_value() -> None:
    """The annotation says where all of it is."""
    text = PROGRAM.format(other="fed.Server", value="m")
    done = fadc.transform(text, mode="reverse", of="prog", wrt=("w",))
    assert not done.diagnostics
    assert not fadc.check(done.text)
