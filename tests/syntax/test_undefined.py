"""What `check` takes for names of fadc is what fadc has; it finds that out without importing JAX."""

import importlib

import pytest

import fadc
import fadc.language
from fadc.syntax.modules.undefined import LANGUAGE, has


@pytest.mark.parametrize("name", fadc.__all__)
def test_fadc_has_what_is_known_of_it(name: str) -> None:
    assert has("fadc", name)
    assert hasattr(fadc, name)


@pytest.mark.parametrize("name", fadc.language.__all__)
def test_the_language_is_known(name: str) -> None:
    assert has(LANGUAGE, name)


@pytest.mark.parametrize("name", ["engines", "language", "pipeline"])
def test_submodules_are_known(name: str) -> None:
    assert has("fadc", name)
    importlib.import_module(f"fadc.{name}")


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("fed.brodcast(w)", "write `fed.broadcast`"),
        ("fed.weighted_maen(w, w)", "write `fed.weighted_mean`"),
        ("fed.server", "write `fed.Server`"),
        ("fed.wholly_unlike", "write a name that docs/language.md has"),
        ("fed.median(x)", "aggregate with `fed.sum` or `fed.mean`, and do the rest at either end"),
        ("wieghts", "write `weights`, if that is meant"),
        ("lenn(weights)", "write `len`, if that is meant"),
        ("wholly_unlike", "define `wholly_unlike`, or import it"),
    ],
)
def test_the_nearest_name_is_told(written: str, cure: str) -> None:
    source = f"""\
import fadc as fed


@fed.computation
def f(weights: fed.Server, w: fed.Server, x: fed.Clients) -> fed.Server:
    v = {written}
    return fed.mean(x)
"""
    (found,) = fadc.check(source)
    assert found.help == cure


def test_nothing_is_derived_of_what_is_undefined() -> None:
    source = """\
import fadc as fed


def norm(v):
    return lost(v)


def client(w, x):
    return norm(w * x)


@fed.computation
def f(w: fed.Server, x: fed.Clients) -> fed.Server:
    return fed.mean(fed.map(client, fed.broadcast(w), x))
"""
    for mode in ("forward", "reverse", "mixed"):
        done = fadc.transform(source, mode=mode)
        assert [each.code for each in done.diagnostics] == ["FAD135"]
        assert done.text == ""
