"""`import fadc` is cheap and shows every public name."""

import builtins
import subprocess
import sys

import pytest

import fadc


def test_import_alone_loads_no_heavy_module():
    code = "import sys, fadc; print([m for m in ('jax', 'numpy', 'libcst') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_dir_lists_the_public_names():
    assert set(fadc.__all__) <= set(dir(fadc))
    assert "__version__" in dir(fadc)


@pytest.mark.parametrize("name", ["map", "sum", "Server", "pull", "use_engine"])
def test_names_resolve_and_stay(name):
    assert getattr(fadc, name) is getattr(fadc, name)
    assert getattr(fadc, name) is not getattr(builtins, name, None)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'fadc' has no attribute 'maximum'"):
        fadc.maximum  # noqa: B018
    assert not hasattr(fadc, "median")
