"""The generator of random programs: the same seed, the same program; and most are valid ones."""

import re
from random import Random

import pytest

from .derivations import derivation
from .examination import fault_of_program
from .features import EVERYTHING, FEATURES, without
from .programs import program

SEEDS = range(200)

PATTERNS = {
    "tapes": r"\.append\(",
    "branches": r"\n +if ",
    "choices": r" if .* else ",
    "halves": r"bfloat16|BFloat16",
    "trees": r'\["v"\]|"v": ',
    "calls": r"= (inner|round|prog_2|update_w)\(",
    "objects": r" = (lambda|functools\.partial)",
    "rules": r"@jax\.custom_[jv]{1,2}p",
    "weighted_means": r"weighted_mean\(",
    "comments": r"# ",
    "import_styles": r"import fadc\n|from fadc import",
}
"""What is seen of a feature in the text of some programs, and of none where it is switched off."""


@pytest.mark.parametrize("feature", sorted(PATTERNS))
def test_a_feature_is_used_and_can_be_switched_off(feature: str) -> None:
    """Some of many programs use it; none does without it."""
    pattern = re.compile(PATTERNS[feature])
    assert any(pattern.search(program(seed).source) for seed in SEEDS)
    fewer = without([feature])
    users = [seed for seed in range(40) if pattern.search(program(seed, fewer).source)]
    assert not users, program(users[0], fewer).source


def test_a_seed_gives_one_program() -> None:
    """And one derivation of it."""
    for seed in range(20):
        first, second = program(seed), program(seed)
        assert first == second
        asked = [derivation(Random(seed), each, EVERYTHING) for each in (first, second)]
        assert asked[0] == asked[1]


def test_most_programs_are_valid() -> None:
    """The rest is left out of all else, so it must be little."""
    faults = [fault_of_program(program(seed)) for seed in range(10)]
    assert sum(fault is None for fault in faults) >= 8


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
def test_a_mode_can_be_switched_off(mode: str) -> None:
    """Derivations in it are drawn with it, and none without it."""
    found = program(1)
    fewer = without([mode])
    with_it = {derivation(Random(k), found, EVERYTHING).mode for k in range(50)}
    without_it = {derivation(Random(k), found, fewer).mode for k in range(50)}
    assert mode in with_it
    assert mode not in without_it


def test_a_feature_that_is_none() -> None:
    """Its name is in the error, and so are all that there are."""
    with pytest.raises(ValueError, match="no such feature: loop; there are loops"):
        without(["loop"])
    assert set(FEATURES) == EVERYTHING
