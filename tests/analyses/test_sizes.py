"""Sizes: expressions over symbols, multiplied out, printed and evaluated."""

import pytest

from fadc.analyses.evaluation import symbol_value
from fadc.analyses.sizes import Size, number, symbol


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("3", "3"),
        ("d", "d"),
        ("n+1", "n + 1"),
        ("2*(n+1)", "2·n + 2"),
        ("(n-1)*(n+1)", "n·n - 1"),
        ("n**2", "n·n"),
        ("-n+1", "-n + 1"),
        ("n//2", "(n // 2)"),
        ("3*(n//2)", "3·(n // 2)"),
        ("7//2", "3"),
        ("min(n,3)", "min(n, 3)"),
        ("*batch", "*batch"),
        ("|delta|", "|delta|"),
        ("⌈n/2⌉", "⌈n/2⌉"),
        ("#(n > 1)", "#(n > 1)"),
    ],
)
def test_expressions_are_multiplied_out(text: str, printed: str) -> None:
    assert str(symbol(text)) == printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*(n+1)", 8),
        ("n//2 + n%2", 2),
        ("n/2", None),
        ("(n+1)/2", 2),
        ("n//0", None),
        ("min(n, 2)*max(n, 2)", 6),
        ("n**2 - 2**n", 1),
        ("2**2**2**2**2**n", None),
        ("len(range(1, n, 2))", 1),
        ("⌈(n + 2)/2⌉", 3),
        ("*batch", 6),
        ("|delta|", 5),
        ("k+n", None),
        ("n.k", None),
    ],
)
def test_values(text: str, value: int | None) -> None:
    assert symbol(text).evaluated({"n": 3, "batch": 6, "delta": 5}) == value


def test_what_is_given_by_its_own_text_is_not_computed() -> None:
    assert symbol_value("(n // 2)", {"(n // 2)": 7, "n": 3}) == 7


def test_long_products_stay_as_they_are() -> None:
    """Multiplied out, this one had a billion terms."""
    text = "*".join(f"(a{n}+b{n})" for n in range(30))
    assert len(symbol(text).terms) <= 64
    values = {f"{name}{n}": 1 for name in "ab" for n in range(30)}
    assert symbol(text).evaluated(values) == 2**30


def test_sums_times_sums() -> None:
    assert str(symbol("n+1").times(number(2))) == "2·n + 2"
    assert Size() == symbol("n-n")
