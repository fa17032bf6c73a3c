"""The fixes of the rules' own examples, and the same program spelt and laid out otherwise."""

from pathlib import Path

import pytest

import fadc.fixes
from fadc.diagnostics import Rule, all_rules

from .mending import assert_computes_the_same, mended

HERE = Path(fadc.fixes.__file__).parent
FIXED = [pytest.param(each, id=each.code) for each in all_rules() if each.bad.fixed is not None]
SPELLINGS = {
    "import fadc as fed": "fed.",
    "import fadc": "fadc.",
    "from fadc import Clients, Server, broadcast, computation, map, mean, sum": "",
    "import fadc as f\nfrom fadc import computation": "f.",
}
# What the bad example of an error means cannot always be run, or runs as something else: a server
# value meets the clients' axis. The first near-miss is what its author meant.
MEANT = {"FAD202", "FAD204", "FAD211"}


@pytest.mark.parametrize("of", FIXED)
def test_the_bad_example_becomes_the_fixed_one(of: Rule) -> None:
    fixed = mended(of.bad.source)
    assert fixed.text == of.bad.fixed
    assert (fixed.diagnostics, fixed.count) == ([], 1)


@pytest.mark.parametrize("of", FIXED)
def test_fixing_twice_changes_nothing(of: Rule) -> None:
    assert of.bad.fixed is not None
    again = mended(of.bad.fixed)
    assert (again.text, again.count) == (of.bad.fixed, 0)


@pytest.mark.parametrize("of", FIXED)
def test_the_fixed_program_computes_the_same(of: Rule) -> None:
    assert of.bad.fixed is not None
    meant = of.near_misses[0] if of.code in MEANT else of.bad.source
    assert_computes_the_same(of.bad.fixed, meant)


@pytest.mark.parametrize("line", SPELLINGS)
@pytest.mark.parametrize("of", FIXED)
def test_primitives_are_spelt_as_the_module_spells_them(of: Rule, line: str) -> None:
    def spelt(text: str) -> str:
        return text.replace("fed.", SPELLINGS[line]).replace("import fadc as fed", line)

    assert of.bad.fixed is not None
    fixed = mended(spelt(of.bad.source))
    assert (fixed.text, fixed.diagnostics) == (spelt(of.bad.fixed), [])


@pytest.mark.parametrize("of", FIXED)
def test_the_file_of_the_fix_is_named_as_that_of_the_rule(of: Rule) -> None:
    assert (HERE / f"{of.code.lower()}_{of.name.replace('-', '_')}.py").is_file()


def test_every_file_mends_a_rule() -> None:
    names = {f"{each.code.lower()}_{each.name.replace('-', '_')}" for each in all_rules()}
    assert {each.stem for each in HERE.glob("fad[0-9]*.py")} <= names
