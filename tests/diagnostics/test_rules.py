"""Every rule's record holds what it says: its examples, its templates and its file."""

from pathlib import Path

import pytest

import fadc
import fadc.diagnostics
from fadc.diagnostics import Diagnostic, Rule, all_rules, codes, make, rule
from fadc.span import Span

HERE = Path(fadc.diagnostics.__file__).parent
RULES = [pytest.param(each, id=each.code) for each in all_rules()]
NEAR_MISSES = [
    pytest.param(each, source, id=f"{each.code}-{number}")
    for each in all_rules()
    for number, source in enumerate(each.near_misses, 1)
]


def _findings(of: Rule, source: str) -> list[Diagnostic]:
    """What `check` says under the example's settings, or `transform` where it needs options."""
    if not of.bad.options:
        return list(fadc.check(source, **of.bad.settings))
    return list(fadc.transform(source, **of.bad.options).diagnostics)


@pytest.mark.parametrize("of", RULES)
def test_the_bad_example_has_exactly_that_finding(of: Rule) -> None:
    (found,) = _findings(of, of.bad.source)
    assert (found.code, found.name, found.severity) == (of.code, of.name, of.severity)
    assert (found.message, found.help) == (of.bad.message, of.bad.help)
    assert found.span == of.bad.span(found.span.path)


@pytest.mark.parametrize(("of", "source"), NEAR_MISSES)
def test_near_misses_are_clean(of: Rule, source: str) -> None:
    assert _findings(of, source) == []


@pytest.mark.parametrize("of", RULES)
def test_the_file_is_named_after_code_and_name(of: Rule) -> None:
    assert (HERE / f"{of.code.lower()}_{of.name.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("of", RULES)
def test_the_templates_are_one_line_without_a_final_stop(of: Rule) -> None:
    for text in (of.message, of.help, of.bad.message, of.bad.help):
        assert text and "\n" not in text and not text.endswith(".")
    assert of.why.endswith(".")
    assert of.near_misses


@pytest.mark.parametrize("of", RULES)
def test_make_takes_exactly_the_slots(of: Rule) -> None:
    slots = {name: f"<{name}>" for name in of.slots}
    found = make(of.code, Span("a.py", 1, 0, 1, 1), **slots)
    assert all(value in found.message + found.help for value in slots.values())
    for missing in slots:
        with pytest.raises(KeyError):
            make(of.code, found.span, **{k: v for k, v in slots.items() if k != missing})


def test_make_refuses_a_slot_that_the_rule_does_not_have() -> None:
    with pytest.raises(KeyError):
        make("FAD101", Span("a.py", 1, 0, 1, 1), name="w")


def test_codes_are_sorted_and_each_names_one_file() -> None:
    assert list(codes()) == sorted(codes())
    assert len(codes()) == len(list(HERE.glob("fad[0-9]*.py")))
    assert len({each.name for each in all_rules()}) == len(codes())


def test_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rule("FAD999")
