"""The core dependencies, and the constraints that the tests are run with at their lowest versions."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ORDERED = {"libcst", "jax", "numpy", "typer"}


def lowest() -> dict[str, str]:
    """The lowest version of each core dependency."""
    pairs = (re.match(r"([a-z]+)>=([\d.]+)", each) for each in PROJECT["dependencies"])
    return {found[1]: found[2] for found in pairs if found is not None}


def test_every_core_dependency_has_a_lowest_version() -> None:
    assert lowest().keys() >= ORDERED
    assert len(lowest()) == len(PROJECT["dependencies"])


def test_the_constraints_are_the_lowest_versions() -> None:
    """`tests/lowest-dependencies.txt` says what pyproject.toml says, and JAX's own library beside it."""
    lines = (ROOT / "tests" / "lowest-dependencies.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pins.pop("jaxlib") == pins["jax"]
    assert pins == {name: _three(version) for name, version in lowest().items()}


def _three(version: str) -> str:
    """A version in three numbers: 13 is 13.0.0."""
    return ".".join([*version.split("."), "0", "0"][:3])
