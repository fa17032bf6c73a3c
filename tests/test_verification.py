"""`fadc verify` of one result among several, and of the plans of mixed mode, in this process."""

from dataclasses import replace
from pathlib import Path

import pytest

from fadc.errors import UsageError
from fadc.files import SourceFile
from fadc.request import Request
from fadc.verification import Task, Verified, verify

SOURCE = """\
from jaxtyping import Array, Float

import fadc as fed

Scalar = fed.Server[Float[Array, ""]]


@fed.computation
def several(w: Scalar, x: fed.Clients[Float[Array, ""]]) -> RESULT:
    w = w * 3
    losses = fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x)
    loss = fed.sum(losses)
    return DISPLAY
"""
TUPLE = SOURCE.replace("RESULT", "tuple[Scalar, Scalar, fed.Clients]").replace(
    "DISPLAY", "w, loss, losses"
)
DICT = SOURCE.replace("RESULT", "dict[str, Scalar]").replace(
    "DISPLAY", '{"w": w, "loss": loss, "other": w * 2}'
)


def verified(source: str, request: Request) -> Verified:
    """The program's derivative, run with three clients."""
    file = SourceFile("several.py", source, "\n", "utf-8", source.encode())
    return verify(Task(file, replace(request, wrt=("w",)), (3,)))


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
@pytest.mark.parametrize(
    ("source", "results"),
    [(TUPLE, ("loss", "0", "losses", None)), (DICT, ("w", "loss", None))],
    ids=["tuple", "dict"],
)
def test_one_result_of_several(source: str, results: tuple[str | None, ...], mode: str) -> None:
    for result in results:
        done = verified(source, Request(mode, result=result))
        assert done.agrees, (result, done)


@pytest.mark.parametrize("choice", ["jacobian", "pullback", "pushforward"])
def test_the_plans_of_mixed_mode(choice: str) -> None:
    request = Request("mixed", result="loss", accumulate=(("all", choice),))
    assert verified(TUPLE, request).agrees


def test_results_beside_it_are_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value of a result that is not differentiated is an error."""
    from fadc import pipeline

    transform = pipeline.transform

    def spoilt(*words: object, **options: object) -> object:
        done = transform(*words, **options)
        text = done.text.replace("(w, losses)", "(w * 2, losses)")
        assert text != done.text
        return replace(done, text=text)

    monkeypatch.setattr(pipeline, "transform", spoilt)
    assert not verified(TUPLE, Request("reverse", result="loss")).agrees


def test_a_result_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="`several` has no result `no`; it has w, loss, losses"):
        verified(TUPLE, Request("reverse", result="no"))


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
def test_a_whole_number_for_a_float(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides take it as the float that it is annotated to be."""
    given = (
        "import numpy as np\n\n\ndef make(clients):\n    return {'w': 2, 'x': np.ones(clients)}\n"
    )
    (tmp_path / "whole_inputs.py").write_text(given, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = (
        "from jaxtyping import Array, Float\nimport fadc as fed\n\n\n@fed.computation\n"
        'def f(w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]])'
        ' -> fed.Server[Float[Array, ""]]:\n    return fed.mean(x) * w**3\n'
    )
    file = SourceFile("whole.py", text, "\n", "utf-8", text.encode())
    for wrt in (("w",), None):
        request = Request(mode, "f", wrt=wrt)
        assert verify(Task(file, request, (3,), inputs="whole_inputs:make")).agrees
