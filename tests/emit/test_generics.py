"""Generic computations (PEP 695): what is derived has their type parameters, too."""

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc

generic = pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 needs Python 3.12")

HEAD = """
import jax.numpy as jnp
from jaxtyping import Array, Float
import fadc as fed


class Model: ...


def difference(w, x):
    return w - x


"""
ONE = """
@fed.computation
def g[T, U: (Model, float), *Ts, **P](w: fed.Server[T], x: fed.Clients[T]) -> fed.Server[T]:
    return fed.mean(fed.map(difference, fed.broadcast(w), x))
"""
BOUND = ONE.replace("[T, U: (Model, float), *Ts, **P]", "[T: Model]")
QUOTED = ONE.replace("fed.Server[T]", '"fed.Server[T]"')
BROKEN = ONE.replace(
    "w: fed.Server[T], x", "w: fed.Server[T], a_long_name: fed.Server[T], x"
).replace("difference, fed.broadcast(w)", "difference, fed.broadcast(w + a_long_name)")
CALLED = """
@fed.computation
def step[S](w: fed.Server[S], x: fed.Clients[S]) -> fed.Server[S]:
    return w * fed.mean(fed.map(difference, fed.broadcast(w), x))


@fed.computation
def g[T](w: fed.Server[T], x: fed.Clients[T]) -> fed.Server[T]:
    for _ in range(2):
        w = step(w, x)
    return w
"""
PROGRAMS = {"one": ONE, "bound": BOUND, "quoted": QUOTED, "broken": BROKEN, "called": CALLED}
MODES = ["forward", "reverse", "mixed"]
W, X = jnp.arange(1.0, 4.0), jnp.ones((2, 3)) * 0.5


def run(text: str) -> dict[str, Any]:
    module = ModuleType("generic")
    exec(compile(text, "<generic>", "exec", dont_inherit=True), vars(module))  # noqa: S102
    return vars(module)


@generic
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_what_is_emitted_runs_and_has_the_parameters_that_it_names(program: str, mode: str) -> None:
    done = fadc.transform(HEAD + program, mode=mode, of="g", wrt="w")
    assert not done.diagnostics
    tree = ast.parse(done.text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            annotated = {"T", "S", "U"} & set(_annotations(node))
            assert annotated == {each.name for each in getattr(node, "type_params", ())}, node.name
    names, primal = run(done.text), run(HEAD + program)["g"]
    others = (jnp.ones(3),) if program is BROKEN else ()
    out, push = jax.linearize(lambda w: primal(w, *others, X), W)
    if mode == "forward":
        found, dot = names["g_jvp"](W, *others, X, w_dot=jnp.ones(3))
        assert np.allclose(dot, push(jnp.ones(3)))
    else:
        found, (bar,) = names["g_vjp"](W, *others, X, out_bar=jnp.ones(3))
        (wanted,) = jax.vjp(lambda w: primal(w, *others, X), W)[1](jnp.ones(3))
        assert np.allclose(bar, wanted)
    assert np.allclose(found, out)
    assert not fadc.check(done.text)
    name = "g_jvp" if mode == "forward" else "g_vjp"
    again = fadc.transform(done.text, mode="forward", of=name, wrt="w")
    assert again.text
    run(again.text)


def _annotations(node: ast.FunctionDef) -> list[str]:
    """The words of a signature's annotations."""
    arguments = [*node.args.args, *node.args.kwonlyargs]
    found = [node.returns, *(each.annotation for each in arguments)]
    text = " ".join(ast.unparse(each) for each in found if each is not None)
    return "".join(c if c.isidentifier() else " " for c in text).split()


@generic
def test_parameters_of_other_files(tmp_path: Path) -> None:
    """They stay where they are: what comes of other files is annotated with placements alone."""
    (tmp_path / "steps.py").write_text(
        HEAD + CALLED.replace("[S]", "[S: Model]", 1), encoding="utf-8"
    )
    text = HEAD + "from steps import step\n" + CALLED.rpartition("\n\n\n")[2]
    done = fadc.transform(
        text, mode="reverse", of="g", wrt="w", filename=str(tmp_path / "training.py")
    )
    assert "def step_fwd(" in done.text
    assert "def g_vjp[T](" in done.text
    assert "[S" not in done.text


@generic
def test_signatures_are_printed_as_ruff_does() -> None:
    text = fadc.transform(HEAD + BOUND, mode="forward", of="g", wrt="w").text
    assert "def g_jvp[T: Model](" in text


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it is Python there")
def test_before_3_12_it_is_a_syntax_error() -> None:
    assert [each.code for each in fadc.check(HEAD + ONE)] == ["FAD100"]
