"""Which local functions clip what they return, and whose cotangents they clip."""

import pytest

from fadc.ir import Mapped
from fadc.lint.clipped_cotangents import clipping
from fadc.syntax.modules.module import Module
from fadc.syntax.modules.reader import read_module

HEAD = """\
from functools import partial

import jax
import jax.numpy as jnp
import optax

from privacy import clip_by_l2

clipper = optax.clip_by_global_norm(1.0)


def shrink(v, c):
    return v * jnp.minimum(1.0, c / jnp.linalg.norm(v))


def indirect(v):
    shrunk = shrink(v, 2.0)
    return shrunk


@jax.custom_vjp
def clip_cotangent(v):
    return v


def forward(v):
    return v, None


def backward(_, v_bar):
    return (shrink(v_bar, 1.0),)


clip_cotangent.defvjp(forward, backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def scaled(c, v):
    return c * v


def scaled_backward(c, _, v_bar):
    return (c * v_bar,)


scaled.defvjp(forward, scaled_backward)

"""


def read(text: str) -> Module:
    module = read_module(text, "program.py")
    assert isinstance(module, Module)
    return module


def clips(body: str) -> bool:
    """Whether `f`, with this body, clips what it returns."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return clipping(read(f"{HEAD}\ndef f(v, w):\n{lines}"), Mapped("f", ("v", "w"))).result


@pytest.mark.parametrize(
    "body",
    [
        "return clip_by_l2(v, 1.0)",
        "return jnp.clip(v, -1.0, 1.0)",
        "return jnp.clip(v, min=-1.0, max=1.0)",
        "return shrink(v, 1.0)",
        "return indirect(v)",
        "scale = jnp.minimum(1.0, 3.0 / jnp.linalg.norm(v))\nreturn v * scale",
        "scale = jnp.where(w > 1, 1 / optax.global_norm(v), 1)\nreturn scale * v",
        "norm = jnp.sqrt(jnp.sum(v**2))\nreturn v / jnp.maximum(1.0, norm / 2.0)",
        "n = optax.norm(v)\nreturn jax.tree.map(lambda u: u * jnp.minimum(1, 1 / (n + norm)), v)",
        "return jax.tree.map(lambda leaf: jnp.clip(leaf, -1, 1), v)",
        "return jax.tree.map(partial(clip_by_l2, 1.0), v)",
        "return jax.vmap(shrink)(v, w)",
        "def inner(u):\n    return clip_by_l2(u, 1.0)\nreturn inner(v)",
        "updates, _ = clipper.update(v, None)\nreturn updates",
        "updates, _ = optax.clip(1.0).update(v, None)\nreturn updates if w else v",
        "clipped = clip_by_l2(v, 1.0)\nnoisy = clipped + 0.1 * w\nreturn noisy, w",
        "return {'delta': -clip_by_l2(v, 1.0), 'size': w}",
    ],
)
def test_what_clips(body: str) -> None:
    assert clips(body)


@pytest.mark.parametrize(
    "body",
    [
        "return v",
        "return jnp.mean(jnp.log(jnp.clip(v, 1e-6, 1.0)))",
        "return jnp.clip(v, 0.0)",
        "return jnp.clip(v, min=0.0)",
        "clipped = v\nreturn clipped",
        "return clip_cotangent(v)",
        "return v * jnp.minimum(1.0, w / 100)",
        "return v * jnp.minimum(2.0, 1.0 / jnp.linalg.norm(v))",
        "w = clip_by_l2(w, 1.0)\nreturn v @ w",
        "def inner(u):\n    return clip_by_l2(u, 1.0)\nreturn v",
        "return f(v, w)",
    ],
)
def test_what_does_not_clip(body: str) -> None:
    assert not clips(body)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("shrink", True),
        ("clip_by_l2", True),
        ("lambda v, w: shrink(v, 1.0)", True),
        ("lambda v, w: shrink(v, 1.0) @ w", False),
        ("partial(shrink, c=1.0)", True),
        ("jnp.clip", False),
        ("lambda v,\nw: (\nshrink(v, w)\n)  # over lines", True),
    ],
)
def test_what_is_mapped_may_be_any_function(source: str, expected: bool) -> None:
    assert clipping(read(HEAD), Mapped(source, ("v", "w"))).result is expected


@pytest.mark.parametrize(
    ("source", "positions"),
    [
        ("clip_cotangent", {0}),
        ("shrink", set()),
        ("scaled", set()),
        ("lambda v: jnp.sin(clip_cotangent(v))", {0}),
        ("lambda v: v + clip_cotangent(v)", set()),
    ],
)
def test_whose_cotangents_are_clipped(source: str, positions: set[int]) -> None:
    assert clipping(read(HEAD), Mapped(source, ("v",))).cotangents == positions


@pytest.mark.parametrize(
    ("body", "positions"),
    [
        ("v = clip_cotangent(v)\nreturn v @ w + v", {0}),
        ("v, w = clip_cotangent(v), clip_cotangent(w)\nreturn v @ w", {0, 1}),
        ("u = v\nv = clip_cotangent(v)\nreturn v @ w + u", set()),
        ("return clip_cotangent(v @ w)", set()),
    ],
)
def test_a_function_may_clip_before_all_else(body: str, positions: set[int]) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    module = read(f"{HEAD}\ndef f(v, w):\n{lines}")
    assert clipping(module, Mapped("f", ("v", "w"))).cotangents == positions


def test_long_functions_are_read_without_deep_recursion() -> None:
    steps = "\n".join(f"v{i + 1} = v{i} + w" for i in range(5000))
    assert not clips(f"v0 = v\n{steps}\nreturn v5000")
    assert clips(f"v0 = shrink(v, 1)\n{steps}\nreturn v5000")
