"""Line hashes agree with those that github/codeql-action computes for the same texts."""

import pytest

from fadc.reports.diagnostics.line_hashes import line_hashes

GREETINGS = ["e9496ae3ebfced30", "fb7c023a8b9ccb3f", "ce8ba1a563dcdaca", "e20e36e16fcb0cc8"]
GREETINGS += ["b3edc88f2938467e", "c8e28b0b4002a3a0", "c129715d7a2bc9a3"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ["c129715d7a2bc9a3"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f", "54703d4cd895b18", "180aee12dab6264", "a23a3dc5e078b07b"],
        ),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
    ],
)
def test_lines_that_differ(source: str, expected: list[str]) -> None:
    assert line_hashes(source) == [f"{each}:1" for each in expected]


def test_lines_that_are_alike_are_counted() -> None:
    assert line_hashes("Lorem ipsum dolor sit amet.\n" * 10)[:8] == [
        *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
        "a7f2ff1481e87703:1",
        "a9cf91f7bbf1862b:1",
    ]


def test_characters_beyond_the_basic_plane_are_two() -> None:
    assert line_hashes("\U0001f600") == line_hashes("\ud83d\ude00")
