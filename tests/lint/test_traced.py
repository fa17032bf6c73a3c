"""What the reading of mapped functions says is what JAX does: each error is one, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc
from fadc.diagnostics import Severity

HEAD = """\
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

import fadc as fed

TABLE = np.arange(5.0)
SIZES = (3, 4)


def residual(w, x, y):
    return x @ w - y


def absolute(v):
    if v > 0:
        return v
    return -v


"""
TAIL = """

@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server:
    return fed.mean(fed.map(client, fed.broadcast(w), x, y))
"""

REFUSED = {
    # Functions that need values.
    "return np.sum(np.log(x))": "FAD407",
    "return np.asarray(x) @ w": "FAD407",
    "return np.add(y, 1.0).sum()": "FAD407",
    "return jnp.sum(x) * math.sqrt(jnp.sum(y) ** 2)": "FAD407",
    "s = jnp.sum(y)\n    return math.exp(s) * s": "FAD407",
    "return jnp.sum(jax.tree.map(np.exp, {'a': x})['a'])": "FAD407",
    "f = functools.partial(np.dot, x)\n    return f(w)": "FAD407",
    "return jnp.sum(np.where(y > 0, y, 0.0))": "FAD407",
    "return sum(np.vdot(row, w) for row in x)": "FAD407",
    "for row in x:\n        s = np.median(row)\n    return s": "FAD407",
    "def inner(v):\n        return np.tanh(v)\n    return jnp.sum(inner(y))": "FAD407",
    "return jnp.sum(jax.vmap(lambda r: np.sin(r))(x))": "FAD407",
    "def step(c, r):\n        return c + np.linalg.norm(r), None\n    return lax.scan(step, 0.0, x)[0]": "FAD407",
    "import numpy\n    return numpy.hypot(x, x)": "FAD407",
    "from numpy import prod as total, dot\n    return dot(x, w)": "FAD407",
    "pair = (x, y)\n    return np.dot(pair[1], y)": "FAD407",
    "a, b = x, y\n    return np.cross(b, b)": "FAD407",
    "return jnp.sum(np.sqrt(residual(w, x, y) ** 2))": "FAD407",
    # Decisions.
    "if jnp.sum(y) > 0:\n        return jnp.sum(y)\n    return jnp.sum(x)": "FAD408",
    "if y[0]:\n        return jnp.sum(x)\n    return 0.0": "FAD408",
    "while jnp.sum(y) > 0:\n        y = y - 1\n    return jnp.sum(y)": "FAD408",
    "assert jnp.all(x < 1e9)\n    return jnp.sum(x)": "FAD408",
    "return jnp.sum(y) if y[0] > 0 else 0.0": "FAD408",
    "return jnp.sum(x) or 1.0": "FAD408",
    "return (jnp.sum(x) > 0 and jnp.sum(y) > 0) * 1.0": "FAD408",
    "return 1.0 * (not jnp.sum(x) > 0)": "FAD408",
    "return 1.0 * (0 < jnp.sum(x) < 1)": "FAD408",
    "return max(jnp.sum(y), 0.0)": "FAD408",
    "return min(1.0, y[0], y[1])": "FAD408",
    "return sorted(y)[0]": "FAD408",
    "return 1.0 * any(y > 0)": "FAD408",
    "return sum(i for i in range(jnp.argmax(y)))": "FAD408",
    "return sum(v for v in y if v > 0)": "FAD408",
    "return absolute(jnp.sum(y))": "FAD408",
    "return jnp.sum(jax.vmap(absolute)(y))": "FAD408",
    "return jax.grad(lambda v: absolute(jnp.sum(v)))(w)": "FAD408",
    "n = jnp.sum(y > 0)\n    if n == 0:\n        return 0.0\n    return jnp.sum(y) / n": "FAD408",
    "flag = jnp.isnan(y).any()\n    if flag:\n        return 0.0\n    return jnp.sum(y)": "FAD408",
    # Values.
    "return float(y[0])": "FAD413",
    "return jnp.sum(x) * int(jnp.argmax(y))": "FAD413",
    "return y[0].item()": "FAD413",
    "return jnp.sum(jnp.asarray(y.tolist()))": "FAD413",
    "scale = jnp.max(y)\n    return jnp.sum(x) / float(scale)": "FAD413",
    "return jnp.sum(x) * bool(jnp.all(y > 0))": "FAD413",
    # Texts.
    "return jnp.sum(x) * len(f'{w.shape:>{y[0]}}')": "FAD413",
    "return jnp.sum(x) * len(format(y[0], '.3f'))": "FAD413",
    # Changes in place.
    "x[0] = 0.0\n    return jnp.sum(x)": "FAD410",
    "x[0, 1] += 1.0\n    return jnp.sum(x)": "FAD410",
    "z = 2.0 * x\n    z[0] = 0.0\n    return jnp.sum(z)": "FAD410",
    "del y[0]\n    return jnp.sum(y)": "FAD410",
}

CLEAN = [
    "return jnp.sum(x) * np.sqrt(x.shape[0]) / np.ndim(y)",
    "return jnp.sum(x) + np.sum(TABLE) * math.pi",
    "return jnp.sum(x * np.ones(x.shape[1]))",
    "return jnp.sum(np.float32(2.0) * x.astype(np.float32))",
    "if x.shape[0] > 2 and x.ndim == 2 and len(y) > 1:\n        return jnp.sum(x)\n    return 0.0 * w[0]",
    "if x is not None and y is not x:\n        return jnp.sum(x)\n    return 0.0",
    "parts = {'x': x, 'y': y}\n    if parts and 'x' in parts:\n        return jnp.sum(parts['x'])\n    return 0.0",
    "rows = [jnp.sum(r) for r in x]\n    if rows:\n        return sum(rows)\n    return 0.0",
    "rows = []\n    for r in x:\n        rows.append(jnp.sum(r))\n    return max(len(rows), 1) * rows[0]",
    "return jnp.sum(x[jnp.argmax(y)])",
    "return sum(s * jnp.sum(x) for s in SIZES if s > 3)",
    "state = {'w': w}\n    state['w'] = state['w'] + 1.0\n    return jnp.sum(state['w'])",
    "w = w.at[0].set(1.0)\n    w += 1.0\n    return jnp.sum(w)",
    "return lax.cond(jnp.sum(y) > 0, lambda v: v, lambda v: -v, jnp.sum(y))",
    "return jnp.where(jnp.sum(y) > 0, 1.0, -1.0) * jnp.sum(x)",
    "return lax.fori_loop(0, 3, lambda i, c: c + x[i, 0], 0.0)",
    "if isinstance(x, np.ndarray):\n        return np.sum(x)\n    return jnp.sum(x)",
    "try:\n        return float(y[0]) * jnp.sum(x)\n    except jax.errors.ConcretizationTypeError:\n        return jnp.sum(x)",
    "if not isinstance(x, jax.core.Tracer) and float(y[0]) > 0:\n        return 0.0\n    return jnp.sum(x)",
    "return float(y[0]) if isinstance(y, np.ndarray) else jnp.sum(x)",
    "if x.ndim != 2:\n        raise ValueError(f'{x}')\n    return jnp.sum(x)",
    "parts = {'x': x, 'y': y}\n    return sum(len(f'{name}') * jnp.sum(v) for name, v in parts.items())",
    "parts = {'x': x, 'y': y}\n    return sum(len(str(name)) * jnp.sum(parts[name]) for name in parts)",
    "return sum(len(f'{i}') * jnp.sum(v) for i, v in enumerate(x))",
    "leaves, structure = jax.tree.flatten((x, y))\n    return len(f'{structure}') * jnp.sum(leaves[0])",
    "return jnp.sum(x) * len('{:>{n}}'.format(3, n=x.ndim)) * len('%d' % 3) * (7 % 3)",
    "name = f'{x.shape} {x.dtype}'\n    return jnp.sum(x) * len(name)",
    "total = abs(jnp.sum(y)) + pow(jnp.sum(x), 2) + sum(y)\n    return total",
    "for i, (a, b) in enumerate(zip(x, y, strict=True)):\n        y = y.at[i].set(b + jnp.sum(a) * (i > 0))\n    return jnp.sum(y)",
    "f = jax.jit(lambda v, flag: v if flag else -v, static_argnums=1)\n    return jnp.sum(f(x, True))",
    "leaves = jax.tree.leaves({'x': x, 'y': y})\n    if len(leaves) == 2:\n        return sum(jnp.sum(v) for v in leaves)\n    return 0.0",
    "value, gradient = jax.value_and_grad(lambda v: jnp.sum(residual(v, x, y) ** 2))(w)\n    return value + jnp.sum(gradient)",
    "def step(c, r):\n        return c + jnp.sum(r), c\n    c, cs = lax.scan(step, 0.0, x)\n    return c + jnp.sum(cs)",
    "if jnp.issubdtype(x.dtype, jnp.floating) and jnp.ndim(x) == 2:\n        return jnp.sum(x)\n    return 0.0",
    "flag = True if y is None else False\n    return jnp.sum(x) if not flag else 0.0",
    "if x.shape[0] // 2 > 1 and round(2.6) == 3:\n        return jnp.sum(x)\n    return 0.0 * w[0]",
    "if jnp.sum(jnp.round(TABLE)) > 2:\n        return jnp.sum(x)\n    return 0.0 * w[0]",
    "best = max([1.0, 2.0])\n    return best * jnp.sum(x)",
    "import math as m\n    return m.sqrt(2.0) * jnp.sum(x)",
    "x = np.ones((3, 2))\n    x[0] = 2.0\n    return jnp.sum(x) * jnp.sum(y)",
    "out = jnp.sum(x)\n    match x.ndim:\n        case 2:\n            return out\n        case _:\n            return -out",
    "return jnp.sum(jnp.stack(list(map(lambda v: v + 1.0, y))))",
    "return jnp.sum(x) * (x.shape == y.shape or 2.0)",
    "debug = x.size\n    assert debug > 0, 'empty'\n    return jnp.sum(x)",
]


def _program(body: str) -> str:
    return f"{HEAD}def client(w, x, y):\n    {body}\n{TAIL}"


def _run(source: str, directory: Path) -> None:
    """What a client function does under a trace, as `fed.map` and a derivative bring it about."""
    file = directory / "program.py"
    file.write_text(source, encoding="utf-8")
    client = runpy.run_path(str(file))["client"]
    arguments = (np.ones(2), np.ones((4, 3, 2)), np.arange(12.0).reshape(4, 3))
    w, x, y = map(jnp.asarray, arguments)
    jax.vmap(client, in_axes=(None, 0, 0))(w, x, y)
    jax.vmap(client)(jnp.broadcast_to(w, (4, 2)), x, y)


@pytest.mark.parametrize("body", REFUSED)
def test_an_error_is_reported_where_jax_raises(body: str, tmp_path: Path) -> None:
    source = _program(body)
    found = [d for d in fadc.check(source) if d.severity is Severity.ERROR]
    assert [d.code for d in found] == [REFUSED[body]]
    with pytest.raises((TypeError, ValueError, AttributeError)):
        _run(source, tmp_path)


@pytest.mark.parametrize(
    "text", ["f'{y}'", "str(y)", "'{} {}'.format(3, y)", "'%s' % (y,)", "repr(x)", "f'{x}'"]
)
def test_the_text_of_a_trace_is_an_error(text: str) -> None:
    """JAX says nothing: `Traced<float32[3]>…` is a text like any other."""
    source = _program(f"return jnp.sum(x) * len({text})")
    assert [d.code for d in fadc.check(source)] == ["FAD413"]


@pytest.mark.parametrize("text", ["f'{w}'", "str(w)", "'%s' % w", "f'{w + total}'"])
def test_the_text_of_a_trace_is_an_error_at_the_server(text: str) -> None:
    """The derivative runs the expression under a trace, too."""
    source = f"{HEAD}@fed.computation\ndef total(w: fed.Server, x: fed.Clients) -> fed.Server:\n"
    source += f"    total = fed.sum(x)\n    return w * total * len({text})\n"
    assert [d.code for d in fadc.check(source)] == ["FAD413"]


def test_only_numpy_itself_needs_values() -> None:
    source = _program("return numpyro.distributions.normal(w) * mathutils.length(w)")
    assert fadc.check("import mathutils\nimport numpyro\n" + source) == []


def test_what_numpy_hands_on_to_jax_is_a_warning(tmp_path: Path) -> None:
    source = _program("return np.mean(x) + np.reshape(y, (3, 1))[0, 0]")
    found = fadc.check(source)
    assert [(d.code, d.severity) for d in found] == [("FAD407", Severity.WARNING)] * 2
    _run(source, tmp_path)


@pytest.mark.parametrize("body", CLEAN)
def test_nothing_is_reported_where_jax_runs(body: str, tmp_path: Path) -> None:
    source = _program(body)
    assert [d for d in fadc.check(source) if d.severity is not Severity.NOTE] == []
    _run(source, tmp_path)
