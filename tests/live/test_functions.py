"""`fadc.jvp`, `fadc.vjp` and `fadc.value_and_grad` of function objects."""

import importlib
import inspect
import itertools
import linecache
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

import fadc
import fadc as fed


class State(NamedTuple):
    """A user's class, which must not be another one in the derivative."""

    w: Any
    momentum: Any


def client_loss(w, x):
    if w.shape == (13,):
        raise ZeroDivisionError("a client cannot")
    return jnp.mean((x @ w) ** 2)


@fed.computation
def loss_after(
    state: fed.Server[State],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
) -> fed.Server[Float[Array, ""]]:
    """The loss after a step."""
    w = state.w - rate * state.momentum
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x))


@fed.computation
def several(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """A loss and a model."""
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w), x))
    return loss, w * 2.0


X = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4, 5)))
STATE = State(jnp.arange(5.0), jnp.ones(5))


def close(got: Any, wanted: Any) -> bool:
    """Whether two pytrees have one structure and the same numbers."""
    assert jax.tree.structure(got) == jax.tree.structure(wanted)
    pairs = zip(jax.tree.leaves(got), jax.tree.leaves(wanted), strict=True)
    return all(np.allclose(a, b, rtol=1e-10) for a, b in pairs)


def test_value_and_grad_is_jax_s_and_knows_the_same_classes() -> None:
    derivative = fadc.value_and_grad(loss_after, wrt="state,rate")
    wanted = jax.value_and_grad(loss_after, (0, 1))(STATE, 0.3, X)
    assert close(derivative(STATE, 0.3, X), wanted)
    assert close(jax.jit(derivative)(STATE, 0.3, X), wanted)


@pytest.mark.parametrize("residuals", ["store", "recompute", "rebroadcast"])
def test_vjp(residuals: str) -> None:
    derivative = fadc.vjp(loss_after, wrt=["rate"], residuals=residuals)
    out, pullback = jax.vjp(lambda rate: loss_after(STATE, rate, X), 0.3)
    assert close(derivative(STATE, 0.3, X, out_bar=2.0), (out, pullback(2.0)))


def test_jvp() -> None:
    derivative = fadc.jvp(loss_after, wrt="rate")
    wanted = jax.jvp(lambda rate: loss_after(STATE, rate, X), (0.3,), (1.0,))
    assert close(derivative(STATE, 0.3, X, rate_dot=1.0), wanted)


def test_a_derivative_is_a_computation() -> None:
    gradient = fadc.value_and_grad(loss_after, wrt="rate")
    again = fadc.jvp(gradient, wrt="rate")
    _, (_, (second,)) = again(STATE, 0.3, X, rate_dot=1.0)
    assert np.allclose(second, jax.hessian(lambda rate: loss_after(STATE, rate, X))(0.3))


def test_result_and_auxiliary_outputs() -> None:
    (loss, (model,)), (bar,) = fadc.value_and_grad(several, wrt="w", result="loss")(STATE.w, X)
    assert close((loss, bar), jax.value_and_grad(lambda w: several(w, X)[0])(STATE.w))
    assert close(model, STATE.w * 2.0)


def test_one_function_and_its_options_are_compiled_once() -> None:
    first = fadc.vjp(loss_after, wrt="rate")
    assert fadc.vjp(loss_after, wrt=("rate",)) is first
    assert fadc.vjp(loss_after, wrt="rate", residuals="recompute") is not first
    assert inspect.unwrap(fadc.value_and_grad(loss_after, wrt="rate")).__globals__ is (
        inspect.unwrap(first).__globals__
    )


# What people see --------------------------------------------------------------------------------


def test_the_generated_source_is_shown() -> None:
    source = inspect.getsource(fadc.vjp(loss_after, wrt="state"))
    assert "computation\ndef loss_after_vjp(" in source
    assert "out_bar" in source
    linecache.checkcache()
    assert inspect.getsource(fadc.vjp(loss_after, wrt="state")) == source


def test_tracebacks_show_the_generated_source() -> None:
    derivative = fadc.vjp(loss_after, wrt="rate")
    wrong = State(jnp.ones(13), jnp.ones(13))
    with pytest.raises(ZeroDivisionError) as raised:
        derivative(wrong, 0.3, jnp.ones((2, 3, 13)), out_bar=1.0)
    text = "".join(traceback.format_exception(raised.value))
    assert 'File "<fadc loss_after ' in text
    assert ".map(client_loss_vjp," in text


def test_neither_argument_names_nor_defaults_are_lost() -> None:
    parameters = inspect.signature(fadc.vjp(loss_after, wrt="rate")).parameters
    assert list(parameters) == ["state", "rate", "x", "out_bar"]


# Where functions come from ----------------------------------------------------------------------

LOSS = """
def client_loss(w, x):
    return jnp.mean(jnp.tanh(x @ w) ** 2)


def client_gradient(w, x):
    return jax.grad(client_loss)(w, x)
"""

ROUND = """
@fed.computation
def step(w: fed.Server[Float[Array, "d"]], x: fed.Clients) -> fed.Server[Float[Array, "d"]]:
    gradient = secure_mean(fed.map(client_gradient, fed.broadcast(w), x))
    return w - RATE * gradient
"""

TRAIN = """
@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]], rounds: int = ROUNDS
) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        w = step(w, x)
    return secure_mean(fed.map(client_loss, fed.broadcast(w), x))

ran.append(train)
"""

UNPLACED = """
@fed.computation
def unplaced(w: fed.Server[Float[Array, "d"]], x: fed.Clients) -> fed.Server:
    return fed.mean(fed.map(lambda x: x @ w, x))
"""

CELLS = [
    "import jax\nimport jax.numpy as jnp\nfrom jaxtyping import Array, Float\nimport fadc as fed",
    'ran = []\nRATE, ROUNDS = 0.1, 3\nsecure_mean = fed.aggregator("secure_mean", like=fed.mean)',
    LOSS,
    ROUND,
    TRAIN,
]

_cells = itertools.count()


def run_cell(text: str, namespace: dict[str, Any]) -> None:
    """Runs a cell as IPython does: compiled under a name of its own that linecache knows."""
    name = f"<cell {next(_cells)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), namespace)  # noqa: S102


@pytest.mark.parametrize("cells", [CELLS, ["\n".join(CELLS)]], ids=["many", "one"])
def test_functions_typed_in_cells(cells: list[str]) -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        run_cell(cell, notebook)
    w = jnp.arange(5.0)
    wanted = jax.value_and_grad(notebook["train"])(w, X)
    value, (bar,) = fadc.value_and_grad(notebook["train"], wrt="w")(w, X)
    assert close((value, bar), wanted)
    assert notebook["ran"] == [notebook["train"]], "the cell ran again"
    text = inspect.getsource(fadc.vjp(notebook["train"], wrt="w"))
    assert "secure_mean" in text and "fed.sum" not in text


def test_a_cell_that_is_run_again_is_another_function() -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    for cell in [*CELLS, LOSS.replace("tanh", "sin"), TRAIN]:
        run_cell(cell, notebook)
    w = jnp.arange(5.0)
    derivative = fadc.value_and_grad(notebook["train"], wrt="w")
    assert close(derivative(w, X)[0], notebook["train"](w, X))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `fadc_relative` of two modules, which leaves no trace."""
    folder = tmp_path / "fadc_relative" / "inner"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    first = "\n".join(CELLS[:4])
    (folder.parent / "rounds.py").write_text(first, encoding="utf-8")
    head = CELLS[0].replace("import jax\n", "")
    imports = "from ..rounds import ROUNDS, client_loss, ran, secure_mean, step"
    (folder / "training.py").write_text(f"{head}\n{imports}\n{TRAIN}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("fadc_relative")]:
        del sys.modules[name]


@pytest.mark.usefixtures("package")
def test_relative_imports() -> None:
    module = importlib.import_module("fadc_relative.inner.training")
    w = jnp.arange(5.0)
    got = fadc.value_and_grad(module.train, wrt="w")(w, X)
    assert close(got, (*jax.value_and_grad(module.train, (0,))(w, X),))
    assert module.ran == [module.train], "the module ran again"


# What goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [fadc.jvp, fadc.vjp, fadc.value_and_grad])
@pytest.mark.parametrize("value", [client_loss, 3, jax.jit(loss_after), fadc])
def test_what_is_no_computation_is_a_type_error(kind: Any, value: object) -> None:
    with pytest.raises(TypeError, match=r"takes a function decorated with @fed\.computation"):
        kind(value, wrt="w")


def test_a_program_outside_the_language_says_where() -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    run_cell(CELLS[0], notebook)
    run_cell(UNPLACED, notebook)
    with pytest.raises(fadc.TransformError) as raised:
        fadc.vjp(notebook["unplaced"], wrt="w")
    text = str(raised.value)
    assert "error[FAD201]" in text
    assert f"<cell {next(_cells) - 1}>:" in text
    assert "fed.map(lambda x: x @ w, x)" in text
    assert [each.code for each in raised.value.diagnostics] == ["FAD201"]


OPEN = "Annotate the result `fed.Server"
RESULTS = {
    "bare": ("fed.Server", "jnp.sum(w)", f"`fed.Server` leaves open.*{OPEN}"),
    "an alias": ("Anything", "jnp.sum(w)", f"leaves open.*{OPEN}"),
    "a tree": ("fed.Server[PyTree]", "jnp.sum(w)", f"leaves open.*{OPEN}"),
    "any shape": ('fed.Server[Float[Array, "..."]]', "jnp.sum(w)", f"leaves open.*{OPEN}"),
    "a vector": ('fed.Server[Float[Array, "d"]]', "w * 2.0", r'array of shape "d".*fadc\.vjp'),
    "at the clients": (
        "fed.Clients",
        "fed.map(jnp.multiply, fed.broadcast(w), x)",
        "at the clients",
    ),
    "several": (
        "tuple[fed.Server, fed.Server]",
        "w, w * 2.0",
        r"several results.*result=… \(w, 1\)",
    ),
    "a dict": ("dict[str, fed.Server]", '{"a": w, "b": w}', r"several results.*\(a, b\)"),
}


@pytest.mark.parametrize(("annotation", "result", "told"), RESULTS.values(), ids=RESULTS.keys())
def test_value_and_grad_says_why_there_is_none(annotation: str, result: str, told: str) -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    run_cell(f"{CELLS[0]}\nfrom jaxtyping import PyTree\nAnything = fed.Server", notebook)
    run_cell(
        "@fed.computation(transpose_broadcast=fed.sum)\n"
        'def f(w: fed.Server[Float[Array, "d"]], x: fed.Clients) -> '
        f"{annotation}:\n    return {result}",
        notebook,
    )
    with pytest.raises(TypeError, match=f"`f` has no f_value_and_grad: .*{told}"):
        fadc.value_and_grad(notebook["f"], wrt="w")
    assert callable(fadc.vjp(notebook["f"], wrt="w"))


def test_one_of_several_results_is_left_open_too() -> None:
    with pytest.raises(TypeError, match=r"several_value_and_grad: its result is an array of shape"):
        fadc.value_and_grad(several, wrt="w", result="1")


def test_unknown_parameters_and_options_are_usage_errors() -> None:
    with pytest.raises(fadc.UsageError, match="nothing"):
        fadc.vjp(loss_after, wrt="nothing")
    with pytest.raises(fadc.UsageError, match="residuals"):
        fadc.vjp(loss_after, wrt="rate", residuals="forget")


def test_a_function_without_source_is_an_os_error() -> None:
    namespace: dict[str, Any] = {}
    exec("\n".join(CELLS), namespace)  # noqa: S102
    with pytest.raises(OSError, match="source of `train` is not to be had"):
        fadc.vjp(namespace["train"], wrt="w")


def test_the_text_of_python_c_is_not_that_of_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Since Python 3.13 it is found under the name that all texts of `exec` have."""
    monkeypatch.setitem(linecache.cache, "<string>", (11, None, ["import sys\n"], "<string>"))
    namespace: dict[str, Any] = {}
    exec("\n".join(CELLS), namespace)  # noqa: S102
    with pytest.raises(OSError, match="source of `train` is not to be had"):
        fadc.vjp(namespace["train"], wrt="w")


def test_warnings_are_shown() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    text = (
        '@fed.computation\ndef f(a: fed.Server[Float[Array, ""]], b: fed.Server[Float[Array, ""]]'
    )
    run_cell(f'{CELLS[0]}\n\n\n{text}) -> fed.Server[Float[Array, ""]]:\n    return a', namespace)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fadc.vjp(namespace["f"], wrt="a,b")
    (warning,) = caught
    assert "warning[FAD402]" in str(warning.message)
    assert warning.filename == __file__
