"""Commands get their options from the command line as their signatures say."""

from enum import Enum
from typing import Annotated

import pytest

from fadc.commands.line import Argument, Option, call


class Size(str, Enum):
    small = "small"
    large = "large"


Given = dict[str, object]


def _given(*words: str) -> Given:
    """What the command is called with."""
    found: Given = {}

    def build(
        paths: Annotated[list[str] | None, Argument(metavar="[PATH]...")] = None,
        size: Annotated[Size, Option(help="100 % of it.")] = Size.small,
        other_size: Annotated[Size | None, Option()] = None,
        names: Annotated[list[str] | None, Option("--name", "-n")] = None,
        count: Annotated[int, Option()] = 2,
        rate: Annotated[float | None, Option()] = None,
        strict: Annotated[bool, Option("--strict")] = False,
    ) -> None:
        """Builds it."""
        found.update(locals())

    call(build, "tool build", words)
    del found["found"]
    return found


def test_defaults() -> None:
    assert _given() == {
        "paths": [],
        "size": Size.small,
        "other_size": None,
        "names": None,
        "count": 2,
        "rate": None,
        "strict": False,
    }


def test_every_kind_of_value_and_options_between_arguments() -> None:
    words = "a --size large -n x b --other-size=small --name y --count 3 --rate 0.5 --strict -"
    assert _given(*words.split()) == {
        "paths": ["a", "b", "-"],
        "size": Size.large,
        "other_size": Size.small,
        "names": ["x", "y"],
        "count": 3,
        "rate": 0.5,
        "strict": True,
    }


def test_behind_two_dashes_everything_is_an_argument() -> None:
    assert _given("--strict", "--", "-x", "--count")["paths"] == ["-x", "--count"]


@pytest.mark.parametrize(
    "words", [["--size", "huge"], ["--count", "few"], ["--strict=1"], ["--stric"], ["--name"]]
)
def test_what_does_not_fit(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        _given(*words)
    assert exit.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: tool build [OPTIONS] [PATH]..."
    assert error.startswith("tool build: error: ")


def test_a_required_argument_and_a_required_option(capsys: pytest.CaptureFixture[str]) -> None:
    def build(
        file: Annotated[str, Argument(metavar="FILE")], mode: Annotated[str, Option()]
    ) -> None:
        raise AssertionError

    for words in ([], ["a.py"], ["--mode", "x"]):
        with pytest.raises(SystemExit):
            call(build, "build", words)
    assert capsys.readouterr().err.count("usage: build [OPTIONS] FILE\n") == 3


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        _given("-h")
    assert exit.value.code == 0
    text = capsys.readouterr().out
    assert "Builds it." in text and "100 % of it. (default: small)" in text
