"""Derivatives of function objects whose program changes: cells run again, modules patched."""

import ast
import functools
import importlib
import inspect
import itertools
import linecache
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc
from fadc.live.dependencies import is_alike, reached
from fadc.live.rebound_names import rebound, without
from tests.samples import GALLERY, ROOT, Sample

HEAD = """
from __future__ import annotations
import functools
from typing import Any, NamedTuple
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
import fadc as fed
"""

HELPERS = """
rate = 0.5
power = 2
scales = [1.0, 2.0]
secure = fed.aggregator("secure", like=fed.mean)


class Scaled(NamedTuple):
    w: Any


def make(c):
    def scaled(z):
        return c * z
    return scaled


grow = make(3.0)


class Layer:
    def forward(self, z):
        return jnp.tanh(z)


layer = Layer()


def inner(w, x):
    return grow(layer.forward(x @ w)) ** power


def client_loss(w, x):
    return jnp.mean(inner(w, x))


client_gradient = jax.grad(client_loss)


@jax.jit
def shrink(w):
    return w / 2.0


@jax.custom_vjp
def clipped(w):
    return w


clipped.defvjp(lambda w: (w, None), lambda _, bar: (jnp.clip(bar, -1.0, 1.0),))
"""

STEP = """
@fed.computation
def step(w: fed.Server[Float[Array, "d"]], x: fed.Clients[Any]) -> fed.Server[Float[Array, "d"]]:
    gradient = secure(fed.map(client_gradient, fed.broadcast(w), x))
    return shrink(w) - rate * gradient
"""

TRAIN = """
@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[Float[Array, ""]]:
    scaled = Scaled(clipped(step(w, x)) * scales[0])
    return secure(fed.map(client_loss, fed.broadcast(scaled.w), x))
"""

CHANGES = {
    "a value": "rate = 0.1",
    "a value of another type": "rate = jnp.asarray(0.25)",
    "an array": "rate = jnp.arange(5.0)",
    "a whole number": "power = 4",
    "a list's element": "scales[0] = 3.0",
    "a helper": "def client_loss(w, x):\n    return jnp.mean(jnp.sin(x @ w))",
    "a helper's helper": "def inner(w, x):\n    return jnp.cos(x @ w)",
    "a lambda for a helper": "client_loss = lambda w, x: jnp.sum(w * x[0])",
    "a partial for a helper": "client_loss = functools.partial(lambda k, w, x: k * jnp.sum(w), 2.0)",
    "a wrapper of a helper": """
before = client_loss
def client_loss(w, x, inner=client_loss):
    return 3.0 * inner(w, x)
""",
    "what a helper was made into": "client_gradient = jax.grad(lambda w, x: jnp.sum(w**3))",
    "a closure": "grow = make(5.0)",
    "a method": "class Layer:\n    def forward(self, z):\n        return jnp.sin(z)\nlayer = Layer()",
    "a jitted function": "@jax.jit\ndef shrink(w):\n    return jnp.sin(w)",
    "a rule": """
@jax.custom_vjp
def clipped(w):
    return w
clipped.defvjp(lambda w: (w, None), lambda _, bar: (0.5 * bar,))
""",
    "an aggregator": 'secure = fed.aggregator("secure", like=fed.sum)',
    "another mechanism": "secure = fed.mean",
    "a class": """
class Scaled(NamedTuple):
    shift: Any
    w: Any = 4.0
Scaled = functools.partial(Scaled, 0.0)
""",
    "a computation": STEP.replace("rate *", "4.0 * "),
    "a computation by another name": STEP.replace("step", "leap").replace("rate", "7.0")
    + "step = leap",
    "a shorter computation": """
@fed.computation
def step(w: fed.Server[Float[Array, "d"]], x: fed.Clients) -> fed.Server[Float[Array, "d"]]:
    return w**2
""",
}

X = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4, 5)))
W = jnp.linspace(0.2, 1.0, 5)

_cells = itertools.count()


def run_cell(text: str, namespace: dict[str, Any]) -> None:
    """Runs a cell as IPython does: compiled under a name of its own that linecache knows."""
    name = f"<changed cell {next(_cells)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), namespace)  # noqa: S102


def notebook(*cells: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        run_cell(cell, namespace)
    return namespace


def holds(derivative: Any, function: Any) -> None:
    """A derivative's value and gradient are JAX's of the function as it is."""
    value, (bar,) = derivative(W, X)
    wanted, wanted_bar = jax.value_and_grad(function)(W, X)
    assert np.allclose(value, wanted, rtol=1e-6), (value, wanted)
    assert np.allclose(bar, wanted_bar, rtol=1e-6), (bar, wanted_bar)


WHOLE = [HEAD + HELPERS + STEP + TRAIN]
CELLS = [HEAD, HELPERS, STEP, TRAIN]


@pytest.mark.parametrize("cells", [WHOLE, CELLS], ids=["one", "many"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_derivative_is_that_of_the_program_as_it_is(cells: list[str], change: str) -> None:
    names = notebook(*cells)
    held = fadc.value_and_grad(names["train"], wrt="w")
    holds(held, names["train"])
    run_cell(change, names)
    holds(held, names["train"])
    holds(fadc.value_and_grad(names["train"], wrt="w"), names["train"])
    holds(fadc.value_and_grad(names["train"], wrt="w", residuals="recompute"), names["train"])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_modules_that_are_patched(
    change: str, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As notebooks, for a program of two files, patched where the name is looked up."""
    training = importlib.import_module("fadc_changed.training")
    rounds = importlib.import_module("fadc_changed.rounds")
    held = fadc.value_and_grad(training.train, wrt="w")
    holds(held, training.train)
    names = dict(vars(rounds))
    run_cell(change, names)
    for name, value in names.items():
        if name in vars(rounds) and value is not getattr(rounds, name):
            monkeypatch.setattr(rounds, name, value)
            if name != "step":  # The other file's name for it is changed below.
                monkeypatch.setattr(training, name, value, raising=False)
    holds(held, training.train)
    holds(fadc.value_and_grad(training.train, wrt="w"), training.train)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `fadc_changed` of two modules, which leaves no trace."""
    folder = tmp_path / "fadc_changed"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "rounds.py").write_text(HEAD + HELPERS + STEP, encoding="utf-8")
    imports = "from .rounds import Scaled, client_loss, clipped, scales, secure, step\n"
    (folder / "training.py").write_text(HEAD + imports + TRAIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("fadc_changed")]:
        del sys.modules[name]


def test_what_is_held_is_one_function() -> None:
    """Whoever holds a derivative has the same function as whoever asks for it later."""
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    run_cell(CHANGES["a shorter computation"], names)
    assert fadc.value_and_grad(names["train"], wrt="w") is held
    whole = "".join(linecache.getlines(inspect.unwrap(held).__code__.co_filename))
    assert "w**2" in whole and "rate *" not in whole


def test_second_derivatives_follow() -> None:
    names = notebook(*CELLS)
    pushed = fadc.jvp(fadc.value_and_grad(names["train"], wrt="w"), wrt="w")
    direction = jnp.ones(5)

    def holds_twice() -> None:
        _, (_, (second,)) = pushed(W, X, w_dot=direction)
        gradient = jax.grad(lambda w: names["train"](w, X))
        assert np.allclose(second, jax.jvp(gradient, (W,), (direction,))[1], rtol=1e-5)

    holds_twice()
    for change in ("a value", "a helper", "a shorter computation"):
        run_cell(CHANGES[change], names)
        holds_twice()


def test_derivatives_of_the_module_are_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that calls one is read as the rest of the module, whatever else is derived."""
    text = (
        HEAD
        + """
@fed.computation
def total(w: fed.Server, x: fed.Clients) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(lambda w, x: jnp.sum(w * x), fed.broadcast(w), x))


gradient = fed.value_and_grad(total, wrt="w")


def step(w, x):
    return w - gradient(w, x)[1][0]


again = fed.value_and_grad(total, wrt="w", residuals="recompute")
"""
    )
    (tmp_path / "derived_in_a_module.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("derived_in_a_module")
    x = jnp.ones((3, 2))
    assert module.again(1.0, x)[1][0] == module.gradient(1.0, x)[1][0] == 2.0
    assert module.step(1.0, x) == -1.0
    other = fadc.value_and_grad(module.total, wrt="w", residuals="rebroadcast")
    assert other(1.0, x)[1][0] == 2.0


@pytest.mark.parametrize("change", ["rate = 0.1", "rate = 2.5", "unused = 3"])
def test_values_are_read_without_deriving_anew(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    code = inspect.unwrap(held).__code__
    run_cell(change, names)
    monkeypatch.setattr(fadc.pipeline, "transform", None)
    monkeypatch.setattr(linecache, "getlines", None)
    holds(held, names["train"])
    assert inspect.unwrap(held).__code__ is code


def test_values_of_other_modules_are_read_at_the_call(package: Path) -> None:
    training = importlib.import_module("fadc_changed.training")
    held = fadc.value_and_grad(training.train, wrt="w")
    sys.modules["fadc_changed.rounds"].rate = 0.125  # type: ignore[attr-defined]
    holds(held, training.train)
    assert package.exists()


def test_whoever_holds_the_old_function_gets_its_derivative() -> None:
    names = notebook(*CELLS)
    old = names["train"]
    run_cell(TRAIN.replace("* scales[0]", "* 5.0"), names)
    holds(fadc.value_and_grad(old, wrt="w"), old)
    holds(fadc.value_and_grad(names["train"], wrt="w"), names["train"])
    assert not np.allclose(old(W, X), names["train"](W, X))


def test_functions_that_get_new_code_in_place() -> None:
    """As IPython's autoreload does it."""
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    other = notebook(HEAD, HELPERS, STEP.replace("rate *", "4.0 *"))
    inspect.unwrap(names["step"]).__code__ = inspect.unwrap(other["step"]).__code__
    holds(held, names["train"])


def test_a_warning_at_a_call_names_the_call() -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    run_cell(
        "@fed.computation\ndef step(w: fed.Server, x: fed.Clients) -> fed.Server:\n    return jnp.ones(5)",
        names,
    )
    with pytest.warns(UserWarning, match="FAD402") as caught:
        held(W, X)
    assert caught[0].filename == __file__


# What goes wrong --------------------------------------------------------------------------------


def test_what_has_no_source_is_an_error_at_the_call() -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    exec(STEP.replace("rate", "3.0"), names)  # noqa: S102
    with pytest.raises(OSError, match="source"):
        held(W, X)


def test_a_wrapped_computation_is_an_error() -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    step = names["step"]

    @functools.wraps(step)
    def doubled(*args: Any) -> Any:
        return 2.0 * step(*args)

    names["step"] = doubled
    with pytest.raises(OSError, match="`step` is not to be had: it is wrapped"):
        held(W, X)


def test_a_computation_of_a_function_is_an_error() -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    inner = "\n".join(f"    {line}" for line in STEP.replace("rate", "c").splitlines())
    run_cell(f"def maker(c):\n{inner}\n    return step\n\nstep = maker(3.0)", names)
    with pytest.raises(OSError, match="`step` is not to be had: it is defined in a function"):
        held(W, X)


def test_a_computation_of_elsewhere_is_an_error(package: Path) -> None:
    training = importlib.import_module("fadc_changed.training")
    held = fadc.value_and_grad(training.train, wrt="w")
    vars(training)["step"] = notebook(HEAD, HELPERS, STEP.replace("rate", "3.0"))["step"]
    with pytest.raises(OSError, match="source of `step` is not to be had"):
        held(W, X)
    assert package.exists()


def test_a_program_that_breaks_says_where() -> None:
    names = notebook(*CELLS)
    held = fadc.value_and_grad(names["train"], wrt="w")
    run_cell(STEP.replace("secure(", "jnp.max("), names)
    with pytest.raises(fadc.TransformError, match=r"error\[FAD"):
        held(W, X)


def test_a_file_that_was_edited_and_not_imported_again(package: Path) -> None:
    training = importlib.import_module("fadc_changed.training")
    for name in ("rounds", "training"):
        file = package / f"{name}.py"
        before = file.read_text(encoding="utf-8")
        after = before.replace("- rate *", "- 9.0 *").replace("scales[0])", "3.0)")
        file.write_text(after, encoding="utf-8")
        with pytest.raises(OSError, match=r"is not what runs: .* has changed since"):
            fadc.value_and_grad(training.train, wrt="w")
        file.write_text(f"# Another comment.\n{before}", encoding="utf-8")
        os.utime(file, (1, 1))
    holds(fadc.value_and_grad(training.train, wrt="w"), training.train)


@pytest.mark.parametrize("sample", GALLERY, ids=lambda sample: sample.name)
def test_nothing_of_a_sample_has_changed(sample: Sample) -> None:
    """Text and objects fit as they are imported, and no statement is in the way of the others."""
    names, path = vars(sample.module), str(ROOT / sample.path)
    assert rebound(sample.source, path, names) == set()
    empty = without(sample.source, set(names))
    assert len(ast.parse(empty).body) == len(ast.parse(sample.source).body)
    assert empty.count("\n") == sample.source.count("\n")


# What is reached --------------------------------------------------------------------------------


def test_installed_packages_are_not_looked_into() -> None:
    names = notebook(*CELLS)
    found = reached(inspect.unwrap(names["train"]))
    assert names["inner"] in [each for each in found if inspect.isfunction(each)]
    assert len(found) < 250


def test_recursion_is_no_matter() -> None:
    def one(n: int) -> int:
        return n and one(n - 1)

    assert is_alike(reached(one), reached(one))  # type: ignore[arg-type]
