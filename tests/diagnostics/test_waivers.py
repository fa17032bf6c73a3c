"""What a comment waives in a check, it waives in a transform, and what it cannot waive stands in both."""

from collections.abc import Iterable, Iterator

import pytest

from fadc import pipeline
from fadc.analyses.policy import Policy
from fadc.derive.request import Request
from fadc.diagnostics import Diagnostic, Rule, Severity, all_rules
from fadc.errors import UsageError
from fadc.pipeline import Transformed

PATH = "example.py"
MODES = ("forward", "reverse", "mixed")
RULES = [
    pytest.param(each, id=each.code)
    for each in all_rules()
    if each.code not in ("FAD100", "FAD901")
]


def _waived(of: Rule) -> str:
    """The bad example with a comment on the line of its finding."""
    lines = of.bad.source.split("\n")
    lines[of.bad.span(PATH).start_line - 1] += f"  # fadc: ignore[{of.code}]"
    return "\n".join(lines)


def _policy(of: Rule) -> Policy:
    return Policy(**{name: value for name, value in of.bad.settings.items() if name != "mode"})


def _checked(of: Rule, mode: str | None) -> list[Diagnostic]:
    return pipeline.check(_waived(of), PATH, mode=mode, policy=_policy(of))


def _transformed(of: Rule) -> Iterator[tuple[str, Transformed]]:
    """The derivatives in each mode, or in the one that the example asks for."""
    for options in [of.bad.options] if of.bad.options else [{"mode": mode} for mode in MODES]:
        try:
            done = pipeline.transform(_waived(of), PATH, Request(**options), _policy(of))
        except UsageError as error:  # The example has nothing but what is waived.
            assert "has no federated computation" in error.message
        else:
            yield str(options["mode"]), done


def _errors(found: Iterable[Diagnostic]) -> list[str]:
    return [each.code for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("of", [each for each in RULES if each.values[0].waivable])
def test_what_is_waived_is_waived_by_both(of: Rule) -> None:
    for mode, done in _transformed(of):
        checked = _checked(of, mode)
        assert of.code not in [each.code for each in (*checked, *done.diagnostics)]
        assert bool(done.text) is (_errors(checked) == [])


@pytest.mark.parametrize("of", [each for each in RULES if not each.values[0].waivable])
def test_what_is_needed_is_waived_by_neither(of: Rule) -> None:
    assert of.severity is Severity.ERROR
    for mode, done in _transformed(of):
        checked = [each for each in _checked(of, mode) if each.code == of.code]
        refused = [each for each in done.diagnostics if each.code == of.code]
        assert refused and not done.text
        assert checked or of.bad.options  # `check` is not told of all options.
        for each in (*checked, *refused):
            assert each.help.endswith(f"; no comment can waive {of.code}")


@pytest.mark.parametrize(
    "marked",
    [
        "def make():\n    @fed.computation  \n    def inner(v):  # fadc: ignore[FAD116]\n        return v\n",
        "inner = fed.computation(total)  # fadc: ignore[FAD132]\n",
    ],
)
def test_what_is_not_read_does_not_stop_the_others(marked: str) -> None:
    source = f"{TOTAL}\n\n{marked}"
    assert pipeline.check(source, PATH) == []
    assert pipeline.transform(source, PATH, Request("reverse")).text


TOTAL = """\
import fadc as fed


@fed.computation
def total(v: fed.Clients, w: fed.Server) -> fed.Server:
    return w * fed.sum(v)
"""


OTHER = """\
import fadc as fed

KEPT = {}


def keep(v):
    KEPT["v"] = v  # fadc: ignore[FAD411]
    return v


@fed.computation
def kept(v: fed.Clients, w: fed.Server) -> fed.Server:
    u = keep(w)
    return fed.sum(fed.map(lambda x: KEPT["v"] * x, v)) + u
"""


def _derived_with(other: str, source: str) -> list[str]:
    """The errors of a program that calls ``kept`` of another file."""
    done = pipeline.transform(
        source,
        PATH,
        Request("reverse"),
        load=lambda path: other if path.name == "other.py" else None,
    )
    return _errors(done.diagnostics)


def test_a_comment_is_about_its_own_file() -> None:
    """One on the same line of another file waives nothing."""
    lines = [f"from other import kept\n{TOTAL}".replace("return w", "return kept(v, w) + w")]
    lines += [""] * (12 - lines[0].count("\n"))
    lines += ["# fadc: ignore"]
    source = "\n".join(lines)
    line = next(n for n, text in enumerate(OTHER.split("\n")) if "lambda" in text)
    assert source.split("\n")[line] == "# fadc: ignore"
    assert _derived_with(OTHER, source) == ["FAD216"]
    assert _derived_with(OTHER.replace("+ u\n", "+ u  # fadc: ignore[FAD216]\n"), source) == []
