"""Modules that Python's parser accepts and its compiler does not."""

import pytest

import fadc

SOURCE = """\
import fadc as fed


def f(x, x):
    return x


@fed.computation
def program(w: fed.Server, x: fed.Clients) -> fed.Server:
    return fed.mean(fed.map(f, fed.broadcast(w), x))
"""


@pytest.mark.parametrize("settings", [{"mode": "reverse"}, {"mechanisms": ["sum"]}])
def test_no_derivative_is_tried_of_what_is_no_python(settings: dict[str, object]) -> None:
    (found,) = fadc.check(SOURCE, **settings)  # type: ignore[arg-type]
    assert (found.code, found.span.start_line) == ("FAD100", 4)
    assert "duplicate argument 'x'" in found.message


def test_none_is_emitted() -> None:
    done = fadc.transform(SOURCE, mode="reverse")
    assert [each.code for each in done.diagnostics] == ["FAD100"]
    assert done.text == ""
