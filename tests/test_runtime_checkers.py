"""Run-time type checkers take placements as annotations and check what is behind them.

Every sample and every derivative of it is imported under jaxtyping's import hook, as a package of a
user would be, and traced with the samples' arguments.
"""

import dataclasses
import functools
import importlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import install_import_hook

import fadc

from .correctness import harness
from .correctness.harness import MODULE_PREFIX, Case
from .engines.meshes import engine_on
from .samples import GALLERY, ROOT, Sample, sample
from .turns import in_turn

CHECKERS = ("beartype.beartype", "typeguard.typechecked")
_packages = itertools.count()

each_checker = pytest.mark.parametrize("checker", CHECKERS)


@dataclasses.dataclass(frozen=True)
class Checked:
    """A package on disk whose modules are imported under a run-time checker."""

    folder: Path
    checker: str

    def load(self, text: str, name: str) -> ModuleType:
        """The module of this text."""
        (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        with install_import_hook(self.folder.name, self.checker):
            return importlib.import_module(f"{self.folder.name}.{name}")


@pytest.fixture
def checked(checker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    """A package, which leaves no trace."""
    pytest.importorskip(checker.partition(".")[0])
    folder = tmp_path / f"{MODULE_PREFIX}checked_{next(_packages)}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield Checked(folder, checker)
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def trace(case: Case, module: ModuleType) -> None:
    """The case's computation, as this module has it, on the types of its arguments."""
    here = dataclasses.replace(case)
    vars(here)["module"] = module  # In place of the one that would be loaded.
    jax.eval_shape(functools.partial(harness.run_eagerly, here), dict(case.arguments))


def derivatives_of(each: Sample) -> list[Path]:
    """What is emitted of a sample, in all modes and with all options that have files."""
    derivatives = [ROOT / "samples" / "derivatives" / each.name / f"{m}.py" for m in each.modes]
    return [*derivatives, *sorted((ROOT / "tests" / "golden" / each.name).glob("*.py"))]


def cases_of(primal: Case, file: Path, text: str) -> Iterator[Case]:
    """The derivatives that a module has."""
    if file.name == "forward.py":
        yield harness.forward_case(primal, text, seed=1)
        return
    yield harness.reverse_case(primal, text, seed=1)
    if harness.has_value_and_grad(primal, text):
        yield harness.value_and_grad_case(primal, text)


@pytest.mark.parametrize(("each", "checker"), in_turn(GALLERY, CHECKERS, lambda each: each.name))
def test_samples_and_their_derivatives_pass(each: Sample, checked: Checked) -> None:
    """By default each sample under one checker, in turn."""
    arguments = each.arguments(clients=2)
    primal = harness.source_case(
        each.source, each.of, arguments, wrt=each.wrt, static=each.static, result=each.result
    )
    trace(primal, checked.load(each.source, each.name))
    for file in derivatives_of(each):
        text = file.read_text(encoding="utf-8")
        module = checked.load(text, f"{each.name}_{file.stem.replace('.', '_')}")
        for case in cases_of(primal, file, text):
            trace(case, module)


@each_checker
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("w", jnp.ones(5), "x"),  # Whose "d" was that of "w".
        ("w", jnp.ones((2, 4)), "w"),
        ("x", jnp.ones((2, 4)), "x"),
        ("y", jnp.ones((2, 5)), "y"),
    ],
)
def test_what_has_another_shape_is_refused(
    name: str, value: object, told: str, checked: Checked
) -> None:
    fedsgd = sample("fedsgd")
    module = checked.load(fedsgd.source, fedsgd.name)
    arguments = fedsgd.arguments(clients=2)
    getattr(module, fedsgd.of)(**arguments)
    with pytest.raises(Exception, match=f"parameter '{told}'") as raised:
        getattr(module, fedsgd.of)(**{**arguments, name: value})
    assert raised.type.__name__ == "TypeCheckError"


ANNOTATIONS = """
from __future__ import annotations

from typing import Annotated, Optional

from jaxtyping import Array, Float, PyTree

import fadc as fed

Batch = tuple[fed.Clients[Float[Array, "d"]], fed.Clients[Float[Array, ""]]]


@fed.computation
def bare(w: fed.Server, x: fed.Clients, y: fed.Clients | None = None) -> fed.Server:
    return fed.mean(x)


@fed.computation
def quoted(
    w: "fed.Server[Float[Array, 'd']] | None", x: Optional[fed.Clients[Float[Array, "d"]]]
) -> "fed.Server[Float[Array, 'd']]":
    return fed.mean(x)


@fed.computation
def composite(
    batch: Batch, params: fed.Server[PyTree[Float[Array, "..."]]]
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server]:
    x, y = batch
    return fed.mean(x), params


@fed.computation
def trees(
    each: dict[str, fed.Clients[tuple[dict[str, Float[Array, "d"]], PyTree[Float[Array, "d"]]]]],
    noted: Annotated[fed.Clients[list[Float[Array, "d"] | None]], "noted"],
) -> list[fed.Server]:
    return [fed.sum(each["a"])]
"""

D, CD, C = jnp.ones(3), jnp.ones((2, 3)), jnp.ones(2)


@each_checker
@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("bare", (D, CD), None),
        ("bare", (3, {"a": CD}, C), None),
        ("quoted", (None, CD), (None, C)),
        ("quoted", (D, CD), (C, CD)),
        ("composite", ((CD, C), [D, {"a": 1.5 * D}]), ((CD, CD), [D])),
        ("composite", ((CD, C), C), ((C, C), C)),
        ("trees", ({"a": ({"b": CD}, [CD])}, [CD, None]), ({"a": ({"b": CD}, [CD])}, [C])),
        ("trees", ({"a": ({"b": CD}, CD)}, [CD]), ({"a": ({"b": CD}, C)}, [CD])),
    ],
)
def test_annotations_of_every_kind(
    name: str, good: tuple, bad: tuple | None, lazy: bool, checked: Checked
) -> None:
    text = ANNOTATIONS if lazy else ANNOTATIONS.replace("from __future__ import annotations", "")
    function = getattr(checked.load(text, "annotations"), name)
    function(*good)
    if bad is not None:
        with pytest.raises(Exception, match="parameter") as raised:
            function(*bad)
        assert raised.type.__name__ == "TypeCheckError"


NUMBERS = """
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
import numpy as np
from jaxtyping import Array, Float, Int

import fadc as fed


def client_loss(w, x):
    return jnp.mean((x @ w) ** 2)


@fed.computation
def loss(
    w: fed.Server[Float[np.ndarray, "d"]],
    rate: fed.Server[float],
    state: fed.Server[Mapping[str, Float[Array, ""] | Int[Array, ""]]],
    x: fed.Clients[Float[np.ndarray, "n d"]],
) -> fed.Server[float]:
    w = w * rate * state["scale"] / state["steps"]
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x))
"""


@each_checker
@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
def test_derivatives_of_numbers_and_integers_pass(mode: str, checked: Checked) -> None:
    w, x = np.ones(3), np.ones((2, 4, 3))
    state = {"scale": jnp.ones(()), "steps": jnp.array(2)}
    done = fadc.transform(NUMBERS, mode=mode, wrt="w,rate,state")
    module = checked.load(done.text, mode)
    zero = np.zeros((), jax.dtypes.float0)
    if mode == "forward":
        state_dot = {"scale": jnp.ones(()), "steps": zero}
        module.loss_jvp(w, 0.5, state, x, w_dot=w, rate_dot=1.0, state_dot=state_dot)
        return
    _, (_, _, state_bar) = module.loss_value_and_grad(w, 0.5, state, x)
    assert state_bar["steps"] == zero
    _, (_, rate_bar, _) = module.loss_vjp(w, 0.5, state, x, out_bar=2.0)
    assert rate_bar.shape == ()


@each_checker
def test_client_values_of_the_sharded_engine_pass(checked: Checked) -> None:
    """Five clients on four devices: inside a computation, and where they are placed, they have padding."""
    each, engine = sample("scaffold"), engine_on(4)
    program = checked.load(each.source, "program")
    server = dict(each.arguments(clients=5))
    at_clients = {name: server.pop(name) for name in ("control", "x", "y")}
    with fadc.use_engine(engine):
        for values in (at_clients, engine.place(at_clients)):
            *_, control = jax.eval_shape(lambda v: program.scaffold_round(**server, **v), values)
            assert control.shape == at_clients["control"].shape
