"""What is said of the derivatives of local functions is what JAX's are."""

from __future__ import annotations

import runpy
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

import fadc

HEAD = """\
import functools

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

import fadc as fed


@jax.custom_jvp
def rounded(x):
    return jnp.round(x)


rounded.defjvp(lambda primals, tangents: (rounded(*primals), tangents[0]))


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def clipped(x, bound):
    return x * lax.while_loop(lambda s: s > bound, lambda s: s / 2, jnp.max(x))


clipped.defvjp(lambda x, bound: (clipped(x, bound), None), lambda bound, _, bar: (bar,))


@jax.custom_vjp
def straight(x):
    return jnp.round(x)


straight.defvjp(lambda x: (jnp.round(x), None), lambda _, bar: (bar,))


def halved(x):
    return lax.while_loop(lambda v: jnp.sum(v**2) > 1.0, lambda v: v / 2, x)


def root(v):
    return jnp.sqrt(v)


"""
TAIL = """

@fed.computation
def loss(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client, fed.broadcast(w), x))
"""

ZERO = {
    "return jnp.sum(jnp.round(w) * x)": "jnp.round(w)",
    "return jnp.sum(jnp.floor(w * x))": "jnp.floor(w * x)",
    "return jnp.sum(jnp.sign(w) * x)": "jnp.sign(w)",
    "return x[jnp.argmax(w)] + jnp.argmax(w * x)": "jnp.argmax(w * x)",
    "return jnp.sum(w.astype(int) * x)": "w.astype(int)",
    "return jnp.sum(w.astype('int32') * x)": "w.astype('int32')",
    "return jnp.sum(jnp.asarray(w, dtype=jnp.int32) * x)": "jnp.asarray(w, dtype=jnp.int32)",
    "return jnp.sum(jnp.int32(w) * x)": "jnp.int32(w)",
    "return jnp.sum(w // 1.0 * x)": "w // 1.0",
    "return jnp.sum(w.round() * x)": "w.round()",
    "return round(jnp.sum(w * x)) * 1.0": "round(jnp.sum(w * x))",
    "return jnp.mean(jnp.argmax(w) == x)": "jnp.argmax(w)",
    "return jnp.sum(lax.stop_gradient(w) * x)": "lax.stop_gradient(w)",
    "v = lax.stop_gradient(w)\n    return jnp.sum(v * v * x)": "lax.stop_gradient(w)",
    "f = lambda v: jnp.ceil(v)\n    return jnp.sum(f(w) * x)": "jnp.ceil(v)",
    "return jnp.sum(jax.tree.map(jnp.trunc, {'w': w})['w'] * x)": "jnp.trunc",
    "def step(c, v):\n        return c + jnp.rint(v), None\n    return lax.scan(step, 0.0, w)[0] * x[0]": "jnp.rint(v)",
}
"""Bodies whose derivative for `w` is zero everywhere, and what is marked in them."""

ALIVE = [
    "return jnp.sum(jnp.round(x) * w)",
    "return jnp.sum(w[jnp.argmax(x)])",
    "return jnp.sum(w[jnp.argmax(w)])",
    "return jnp.sum(jnp.where(jnp.round(w) > 0, w, 2 * w))",
    "q = jnp.round(w)\n    return jnp.sum((w + lax.stop_gradient(q - w)) * x)",
    "return jnp.sum(rounded(w) * x)",
    "return jnp.sum(w * lax.stop_gradient(jnp.max(jnp.abs(w))))",
    "return jnp.sum(jnp.sort(w) * x)",
    "return jnp.sum(jnp.abs(w) * jnp.maximum(w, 0.5))",
    "n = w.shape[0] // 2\n    return jnp.sum(w[:n])",
    "return jnp.sum(w * round(2.6))",
    "return jnp.sum(w.astype(jnp.float32) * x)",
    "return jnp.sum(w.astype(x.dtype) * x)",
]
"""Bodies that have a derivative for `w`."""

SINGULAR = {
    "return jnp.sqrt(jnp.sum(w**2))": "jnp.sqrt(jnp.sum(w**2))",
    "return jnp.linalg.norm(w)": "jnp.linalg.norm(w)",
    "return jnp.sum(jnp.abs(w) ** 0.5)": "jnp.abs(w) ** 0.5",
    "return jnp.sum(w * x / jnp.sum(w * w))": "w * x / jnp.sum(w * w)",
    "return root(jnp.vdot(w, w))": "jnp.sqrt(v)",
    "norm = jnp.linalg.norm(w)\n    return jnp.where(norm > 0, norm, 0.0)": "jnp.linalg.norm(w)",
    "return jnp.sqrt(w[0])": "jnp.sqrt(w[0])",
    "return jnp.sqrt(jnp.var(w))": "jnp.sqrt(jnp.var(w))",
}
"""Bodies whose derivative for `w` is not finite at zero."""

REGULAR = [
    "return jnp.sqrt(1e-6 + jnp.sum(w**2))",
    "return jnp.sqrt(jnp.maximum(jnp.sum(w**2), 1e-6))",
    "s = jnp.sum(w**2)\n    return jnp.sqrt(jnp.where(s > 0, s, 1.0))",
    "return jnp.sum(w * x) / (1.0 + jnp.sum(w**2))",
    "return jnp.sum(w / jnp.sqrt(w.shape[0]))",
    "return jnp.sum(w) * jnp.linalg.norm(x)",
    "return jnp.sum(w * x) / jnp.exp(jnp.sum(w))",
    "return jnp.sum(w / lax.stop_gradient(1.0 + jnp.linalg.norm(w)))",
    "return jnp.sum(jax.nn.softmax(w) ** 0.5)",
    "return jnp.sum(w) / len(x) / 2.0",
]

DYNAMIC = {
    "return jnp.sum(halved(w))": "lax.while_loop(lambda v: jnp.sum(v**2) > 1.0, lambda v: v / 2, x)",
    "n = jnp.argmax(x)\n    return lax.fori_loop(0, n, lambda i, c: c * w[0], 1.0)": (
        "lax.fori_loop(0, n, lambda i, c: c * w[0], 1.0)"
    ),
    "return lax.while_loop(lambda c: c < 9.0, lambda c: c + w[0] ** 2 + 1, 0.0)": (
        "lax.while_loop(lambda c: c < 9.0, lambda c: c + w[0] ** 2 + 1, 0.0)"
    ),
}
"""Bodies that reverse mode cannot walk back."""

WALKED = [
    "return jnp.sum(w * halved(x))",
    "return jnp.sum(w * lax.stop_gradient(halved(w)))",
    "return lax.fori_loop(0, 4, lambda i, c: c * w[0], 1.0)",
    "return lax.fori_loop(0, w.shape[0], lambda i, c: c + w[i], 0.0)",
    "return jnp.sum(w * lax.while_loop(lambda c: c < w[0], lambda c: c + 1.0, 0.0))",
    "return jnp.sum(clipped(w, 1.0))",
    "return lax.scan(lambda c, v: (c * v, None), 1.0, w)[0]",
]

REVERSE_ONLY = {
    "return jnp.sum(clipped(w, 1.0))": "clipped(w, 1.0)",
    "return jnp.sum(lax.stop_gradient(clipped(w, 1.0)) * w)": "clipped(w, 1.0)",
    "return lax.scan(lambda c, v: (c + clipped(v, 1.0), None), 0.0, w)[0]": "clipped(v, 1.0)",
    "return jnp.sum(jax.jit(straight)(w))": "jax.jit(straight)(w)",
    "f = jax.custom_vjp(lambda v: v)\n    f.defvjp(lambda v: (v, None), lambda _, b: (b,))\n"
    "    return jnp.sum(f(w))": "f(w)",
    "return jnp.sum(jax.jvp(straight, (w,), (x,))[1])": "straight",
}
"""Bodies that have no forward mode, since a rule of theirs is for cotangents."""

PUSHED = [
    "return jnp.sum(clipped(x, 1.0) * w)",
    "return jnp.sum(clipped(jnp.round(w), 1.0) * w)",
    "return jnp.sum(rounded(w) * x)",
    "return jnp.sum(jax.grad(lambda v: jnp.sum(straight(v) ** 2))(w) * x)",
    "return jax.value_and_grad(lambda v: jnp.sum(straight(v) ** 2))(w)[0]",
    "return jax.vjp(lambda v: jnp.sum(straight(v) ** 2), w)[0]",
]
"""Bodies with such rules, or other ones, that have a forward mode."""


def _program(body: str) -> str:
    return f"{HEAD}def client(w, x):\n    {body}\n{TAIL}"


def _marked(body: str, mode: str | None = None) -> list[tuple[str, str]]:
    """Codes and underlined texts."""
    source = _program(body)
    lines = source.splitlines()
    found = fadc.check(source, mode=mode)
    assert all(d.span.start_line == d.span.end_line for d in found)
    return [
        (d.code, lines[d.span.start_line - 1][d.span.start_column : d.span.end_column])
        for d in found
    ]


@pytest.fixture
def gradient(tmp_path: Path):
    """JAX's derivative of a body for `w`."""

    def of(body: str, w: list[float]) -> jax.Array:
        file = tmp_path / "program.py"
        file.write_text(_program(body), encoding="utf-8")
        loss = runpy.run_path(str(file))["loss"]
        x = jnp.array([[0.3, 1.2, -0.7], [0.4, 0.9, 2.5]])
        return jax.grad(loss)(jnp.array(w), x)

    return of


@pytest.fixture
def tangent(tmp_path: Path):
    """JAX's derivative of a body along w."""

    def of(body: str, w: list[float]) -> jax.Array:
        file = tmp_path / "program.py"
        file.write_text(_program(body), encoding="utf-8")
        loss = runpy.run_path(str(file))["loss"]
        x = jnp.array([[0.3, 1.2, -0.7], [0.4, 0.9, 2.5]])
        return jax.jvp(lambda w: loss(w, x), (jnp.array(w),), (jnp.array(w),))[1]

    return of


USUAL = [0.4, 1.7, -2.3]


@pytest.mark.parametrize("body", ZERO)
def test_a_derivative_that_is_zero(body: str, gradient) -> None:
    assert _marked(body) == [("FAD414", ZERO[body])]
    assert not gradient(body, USUAL).any()


@pytest.mark.parametrize("body", ALIVE)
def test_a_derivative_that_is_not_zero(body: str, gradient) -> None:
    assert _marked(body) == []
    assert gradient(body, USUAL).any()


METRICS = """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

import fadc as fed


def metrics(w, x, y):
    logits = x @ w
    loss = jnp.mean((logits - 1.0) ** 2)
    figures = {"loss": loss, "accuracy": jnp.mean(jnp.argmax(logits, -1) == y)}
    BODY


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d k"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Int[Array, "n"]],
) -> fed.Server:
    found = fed.mean(fed.map(metrics, fed.broadcast(w), x, y))
    return found
"""


@pytest.mark.parametrize(
    "body",
    [
        "return figures",
        "return loss, figures",
        "return {**figures, 'twice': 2 * loss}",
        "return {name: jnp.mean(figure) for name, figure in figures.items()}",
        "return jax.tree.map(jnp.mean, figures)",
        "return [figures['loss'], figures['accuracy']]",
        "return jax.lax.map(lambda _: figures, jnp.arange(3))",
        "return jax.lax.scan(lambda c, _: (c, figures), 0.0, None, length=2)[1]",
        "return dict(figures)",
    ],
)
def test_a_figure_beside_a_loss_needs_no_derivative(body: str) -> None:
    assert fadc.check(METRICS.replace("BODY", body)) == []


def test_a_figure_that_is_all_there_is() -> None:
    (found,) = fadc.check(METRICS.replace("BODY", "return figures['accuracy']"))
    assert found.code == "FAD414"


@pytest.mark.parametrize("body", SINGULAR)
def test_a_derivative_that_is_not_finite_at_zero(body: str, gradient) -> None:
    assert _marked(body) == [("FAD415", SINGULAR[body])]
    assert not jnp.isfinite(gradient(body, [0.0, 0.0, 0.0])).all()


@pytest.mark.parametrize("body", REGULAR)
def test_a_derivative_that_is_finite_at_zero(body: str, gradient) -> None:
    assert _marked(body) == []
    assert jnp.isfinite(gradient(body, [0.0, 0.0, 0.0])).all()


@pytest.mark.parametrize("body", DYNAMIC)
def test_a_loop_that_reverse_mode_cannot_walk_back(body: str, gradient) -> None:
    assert _marked(body) == _marked(body, "forward") == []
    assert _marked(body, "reverse") == [("FAD409", DYNAMIC[body])]
    refused = fadc.transform(_program(body), mode="reverse")
    assert not refused.text
    assert [d.code for d in refused.diagnostics] == ["FAD409"]
    assert fadc.transform(_program(body), mode="forward").text
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work"):
        gradient(body, USUAL)


@pytest.mark.parametrize("body", WALKED)
def test_a_loop_that_reverse_mode_walks_back(body: str, gradient) -> None:
    assert _marked(body, "reverse") == []
    assert fadc.transform(_program(body), mode="reverse").text
    assert jnp.isfinite(gradient(body, USUAL)).all()


@pytest.mark.parametrize("body", REVERSE_ONLY)
def test_a_rule_for_cotangents_that_a_tangent_meets(body: str, tangent) -> None:
    assert [d for d in _marked(body, "reverse") if d[0] == "FAD417"] == []
    assert ("FAD417", REVERSE_ONLY[body]) in _marked(body, "forward")
    refused = fadc.transform(_program(body), mode="forward")
    assert not refused.text
    assert "FAD417" in [d.code for d in refused.diagnostics]
    with pytest.raises(TypeError, match="can't apply forward-mode autodiff"):
        tangent(body, USUAL)


@pytest.mark.parametrize("body", PUSHED)
def test_a_rule_that_no_tangent_meets(body: str, tangent) -> None:
    assert [d for d in _marked(body, "forward") if d[0] == "FAD417"] == []
    assert fadc.transform(_program(body), mode="forward").text
    assert jnp.isfinite(tangent(body, USUAL)).all()


STAGES = """

def measured(v, x):
    return jnp.sum(v * x)


@fed.computation
def loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    first = fed.mean(fed.map(FIRST, fed.broadcast(w), x))
    return fed.mean(fed.map(SECOND, fed.broadcast(first), x))
"""


def test_such_a_rule_is_refused_where_mixed_mode_is_told_to_push_through_it() -> None:
    head = _program("return jnp.sum(straight(w * x))").removesuffix(TAIL)
    early = head + STAGES.replace("FIRST", "client").replace("SECOND", "measured")
    late = head + STAGES.replace("FIRST", "measured").replace("SECOND", "client")
    for source, stage, refused in (
        (early, 1, True),
        (early, "all", True),
        (late, 1, False),
        (late, "all", True),
    ):
        assert fadc.transform(source, mode="mixed").text
        told = fadc.transform(source, mode="mixed", accumulate={stage: "pushforward"})
        assert [d.code for d in told.diagnostics] == ["FAD417"] * refused
        assert bool(told.text) != refused


def test_the_derivative_of_a_program_with_such_a_rule_is_pushed_forward() -> None:
    """Forward over reverse: the rule runs in the emitted pullback, and is differentiated there."""
    source = _program("return jnp.sum(straight(w) ** 2 * x)")
    vjp = fadc.transform(source, mode="reverse").text
    again = fadc.transform(vjp, of="loss_value_and_grad", mode="forward")
    assert [d.code for d in again.diagnostics] == []
    namespace: dict[str, object] = {"__name__": "again"}
    exec(compile(again.text, "<again>", "exec", dont_inherit=True), namespace)  # noqa: S102
    w, x = jnp.array(USUAL), jnp.array([[0.3, 1.2, -0.7], [0.4, 0.9, 2.5]])
    _, (_, (w_bar_dot,)) = namespace["loss_value_and_grad_jvp"](w, x, w_dot=jnp.ones(3))
    assert jnp.allclose(w_bar_dot, 0.0)  # The rule's derivative of 2 round(w) x is zero.
