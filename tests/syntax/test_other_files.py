"""What a program has by way of other files of its package: found on disk, never imported."""

from __future__ import annotations

from pathlib import Path

import pytest

import fadc

COMMON = """\
import fadc as fed
from fadc import Clients, Server
from fadc import map as each

Model = fed.Server[object]
secure = fed.aggregator("secure", like=fed.sum)


@fed.computation
def total(x: fed.Clients) -> fed.Server:
    return secure(x)
"""

HIDDEN = """\
@fed.computation
def f(w: Model, x: Clients) -> Model:
    return total(each(lambda x: w * x, x))
"""
RIGHT = """\
@fed.computation
def f(w: Model, x: Clients) -> Model:
    return total(each(lambda w, x: w * x, fed.broadcast(w), x)) + secure(x)
"""


def codes(folder: Path, source: str, common: str = COMMON) -> list[str]:
    """What is found in a program beside `common.py`."""
    (folder / "common.py").write_text(common, encoding="utf-8")
    return [each.code for each in fadc.check(source, filename=str(folder / "program.py"))]


@pytest.mark.parametrize(
    "imported",
    [
        "from common import fed, each, secure, total, Model, Clients",
        "from .common import fed, each, secure, total, Model, Clients",
        "from .common import *",
        "from .common import fed as f2, Model, Clients, secure, total, each\nfed = f2",
    ],
)
def test_fadc_by_way_of_another_file(tmp_path: Path, imported: str) -> None:
    """The file need not even name fadc: its computations are read all the same."""
    assert codes(tmp_path, f"{imported}\n\n\n{HIDDEN}") == ["FAD201"]
    assert codes(tmp_path, f"{imported}\n\n\n{RIGHT}") == []


def test_by_way_of_two_files(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(COMMON, encoding="utf-8")
    common = "from base import *  # Of fadc.\n"
    assert codes(tmp_path, f"from common import *\n\n\n{HIDDEN}", common) == ["FAD201"]


def test_an_alias_of_another_file_that_says_no_placement(tmp_path: Path) -> None:
    common = "import fadc\n\nModel = object()\n"
    source = "import fadc as fed\nfrom common import Model\n\n\n@fed.computation\n"
    assert codes(tmp_path, f"{source}def f(w: Model) -> fed.Server:\n    return w\n", common) == [
        "FAD113"
    ]


def test_files_that_import_each_other(tmp_path: Path) -> None:
    common = "from program import Data\n" + COMMON
    source = "from common import fed, Model\n\nData = fed.Clients\n\n\n@fed.computation\n"
    source += "def f(w: Model, x: Data) -> Model:\n    return w + x\n"
    assert codes(tmp_path, source, common) == ["FAD203"]
