"""Computations imported from other modules of the same package."""

import importlib
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

import fadc

LOSSES = """
import jax.numpy as jnp


def client_loss(w, x):
    return jnp.sum(jnp.sin(w * x))
"""
ROUNDS = """
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

from .losses import client_loss

STEP = 0.5
secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_update(w, x):
    return STEP * jax.grad(client_loss)(w, x)


@fed.computation
def one_round(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    g = secure_sum(fed.map(client_update, fed.broadcast(w), x))
    return w - STEP * jnp.tanh(g)
"""
MAIN = """
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

from {origin} import one_round

STEP = 3


def client_update(w):
    \"\"\"Not the function of this name that the rounds use.\"\"\"
    return w


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    for _ in range(2):
        w = one_round(w, x)
    return jnp.sum(w) * STEP
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose computations call each other across modules."""
    root = tmp_path / "federated_package"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "losses.py").write_text(LOSSES)
    (root / "rounds.py").write_text(ROUNDS)
    (root / "broken_on_import.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield root
    for name in [name for name in sys.modules if name.startswith("federated_package")]:
        del sys.modules[name]


@pytest.mark.parametrize("origin", [".rounds", "federated_package.rounds"])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_imported_computations(package: Path, origin: str, mode: str) -> None:
    """Names of the other module come along without clashing with this module's own."""
    source = MAIN.format(origin=origin)
    main = package / "main.py"
    main.write_text(source)
    done = fadc.transform(source, mode=mode, filename=str(main))
    assert not done.diagnostics
    (package / "derived.py").write_text(done.text)
    primal = importlib.import_module("federated_package.main").train
    derived = importlib.import_module("federated_package.derived")
    for clients in (2, 5):
        w = jnp.linspace(0.1, 0.6, 3)
        x = jnp.linspace(-1.0, 1.0, 3 * clients).reshape(clients, 3)
        expected = jax.grad(primal)(w, x)
        if mode == "reverse":
            _, (found,) = derived.train_vjp(w, x, out_bar=1.0)
            assert jnp.allclose(found, expected, rtol=1e-12)
        else:
            direction = jnp.array([1.0, -2.0, 0.5])
            _, found = derived.train_jvp(w, x, w_dot=direction)
            assert jnp.allclose(found, expected @ direction, rtol=1e-12)
    assert not fadc.check(done.text, filename=str(package / "derived.py"))


def test_the_other_module_is_read_and_not_imported(package: Path) -> None:
    """A module that would stop the process when imported is no obstacle."""
    other = (package / "rounds.py").read_text()
    (package / "rounds.py").write_text(other + "\nraise SystemExit('imported')\n")
    main = package / "main.py"
    done = fadc.transform(MAIN.format(origin=".rounds"), mode="reverse", filename=str(main))
    assert done.text and not done.diagnostics
