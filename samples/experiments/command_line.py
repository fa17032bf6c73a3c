"""What the command lines of the experiments have in common: how numbers are written on them."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def seeds_given(text: str) -> tuple[int, ...]:
    """`100-104` or `1,2`, or both with commas between."""
    ranges = [part.partition("-") for part in text.split(",")]
    return tuple(n for low, _, high in ranges for n in range(int(low), int(high or low) + 1))


def multiple_of(step: int) -> Callable[[str], int]:
    """Reads a positive multiple of a number."""

    def multiple(text: str) -> int:
        if int(text) < 1 or int(text) % step:
            raise argparse.ArgumentTypeError(f"{text} is no positive multiple of {step}")
        return int(text)

    return multiple
