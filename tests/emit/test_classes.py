"""A derivative speaks the program's types: values of its classes go in, and come out."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import pytest

from fadc.cli import main

CLASSES = {
    "named tuple": """
from typing import NamedTuple

class State(NamedTuple):
    w: Array
    rate: Array
""",
    "named tuple by a call": """
from collections import namedtuple

State = namedtuple("State", ["w", "rate"])
""",
    "registered dataclass": """
from dataclasses import dataclass

@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    w: Array
    rate: Array
""",
    "dataclass registered by a call": """
import dataclasses

@dataclasses.dataclass
class Base:
    w: Array
    rate: Array

class State(Base):
    pass

jax.tree_util.register_dataclass(State, ["w", "rate"], [])
""",
    "pytree node": """
class State:
    def __init__(self, w, rate):
        self.w, self.rate = w, rate

def flattened(state):
    return (state.w, state.rate), None

def unflattened(_, children):
    return State(*children)

jax.tree_util.register_pytree_node(State, flattened, unflattened)
""",
    "pytree node class": """
@jax.tree_util.register_pytree_node_class
class State:
    def __init__(self, w, rate):
        self.w, self.rate = w, rate
    def tree_flatten(self):
        return (self.w, self.rate), None
    @classmethod
    def tree_unflatten(cls, _, children):
        return cls(*children)
""",
    "equinox": """
import equinox

class State(equinox.Module):
    w: Array
    rate: Array
""",
    "flax": """
import flax.struct

@flax.struct.dataclass
class State:
    w: Array
    rate: Array
""",
}
PROGRAM = """
def loss(state, x):
    assert isinstance(state, State)
    return jnp.sum((state.w - x) ** 2)

gradient_of = jax.grad(loss)

@fed.computation
def step(state: fed.Server[State], x: fed.Clients) -> fed.Server[State]:
    gradient = fed.mean(fed.map(gradient_of, fed.broadcast(state), x))
    return State(state.w - state.rate * gradient.w, state.rate * 0.9)
"""
HEAD = "import jax\nimport jax.numpy as jnp\nfrom jax import Array\n\nimport fadc as fed\n\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory from which Python imports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("program"):
            del sys.modules[name]


def transform(words: list[str]) -> None:
    """Runs the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fadc", *words])
        assert main() == 0


def emitted(here: Path, text: str, *options: str) -> tuple[ModuleType, ModuleType]:
    """The program and its derivative, imported."""
    (here / "program.py").write_text(text)
    words = ["transform", "program.py", "--wrt", "state", "-o", "program_derivative.py", *options]
    transform(words)
    importlib.invalidate_caches()
    return importlib.import_module("program"), importlib.import_module("program_derivative")


@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "forward"),
        ("--mode", "reverse"),
        ("--mode", "reverse", "--residuals", "recompute"),
        ("--mode", "reverse", "--residuals", "rebroadcast"),
        ("--mode", "mixed"),
    ],
    ids=["forward", "store", "recompute", "rebroadcast", "mixed"],
)
@pytest.mark.parametrize("kind", CLASSES)
def test_values_have_the_classes_of_the_program(
    here: Path, kind: str, options: tuple[str, ...]
) -> None:
    if kind in ("equinox", "flax"):
        pytest.importorskip(kind, reason=f"{kind} is not installed")
    program, derivative = emitted(here, HEAD + CLASSES[kind].strip() + "\n\n" + PROGRAM, *options)
    assert "class State" not in (here / "program_derivative.py").read_text()
    state, x = program.State(jnp.ones(2), jnp.asarray(0.1)), jnp.linspace(0.0, 1.0, 6).reshape(3, 2)
    if options[1] == "forward":
        expected = jax.jvp(lambda s: program.step(s, x), (state,), (state,))
        found = derivative.step_jvp(state, x, state_dot=state)
    else:
        out, pullback = jax.vjp(lambda s: program.step(s, x), state)
        expected, found = (out, pullback(out)), derivative.step_vjp(state, x, out_bar=out)
    assert type(found[0]) is program.State
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True)
    assert all(jnp.allclose(a, b, rtol=1e-12) for a, b in pairs)


@pytest.mark.parametrize("kind", ["named tuple", "registered dataclass", "pytree node"])
def test_a_scan_carries_them(here: Path, kind: str) -> None:
    """Each value that comes back fits the one that went in."""
    text = HEAD + CLASSES[kind].strip() + "\n\n" + PROGRAM
    program, derivative = emitted(here, text, "--mode", "reverse")
    x = jnp.linspace(0.0, 1.0, 6).reshape(3, 2)

    def body(state: object, _: object) -> tuple[object, object]:
        out, (bar,) = derivative.step_vjp(state, x, out_bar=state)
        return jax.tree.map(lambda value, cotangent: value - 0.1 * cotangent, out, bar), bar

    start = program.State(jnp.ones(2), jnp.asarray(0.1))
    end, bars = jax.lax.scan(body, start, None, length=3)
    assert type(end) is type(bars) is program.State


def test_a_package_is_imported_by_its_name(here: Path) -> None:
    package = here / "program_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "algo.py").write_text(HEAD + CLASSES["named tuple"].strip() + "\n\n" + PROGRAM)
    transform(["transform", "program_package/algo.py", "--mode", "reverse", "-o", "program_vjp.py"])
    assert "\nfrom program_package.algo import State\n" in (here / "program_vjp.py").read_text()


@pytest.mark.parametrize(
    ("options", "line", "command"),
    [
        (["--module", "lib.algo"], "from lib.algo import State", "--module lib.algo"),
        (["--self-contained"], "class State(NamedTuple):", "--self-contained"),
    ],
)
def test_the_user_says_whose_classes(
    here: Path, options: list[str], line: str, command: str
) -> None:
    (here / "program.py").write_text(HEAD + CLASSES["named tuple"].strip() + "\n\n" + PROGRAM)
    transform(["transform", "program.py", "--mode", "reverse", "-o", "program_vjp.py", *options])
    text = (here / "program_vjp.py").read_text()
    assert f"\n{line}\n" in text
    assert command in " ".join(text.split("\n#\n")[1].replace("\\\n#", "").split())
