"""Messages that pass no primitive are found however they are written."""

from __future__ import annotations

import pytest

import fadc

HEAD = """\
import functools

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

import fadc as fed

AXIS = "examples"
mean_of_examples = functools.partial(lax.pmean, axis_name="examples")
"""
TAIL = """

@fed.computation
def loss(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client, x))
"""

COLLECTIVES = [
    ("", "return P(x[0], 'clients')", "P = lax.psum", "P(x[0], 'clients')"),
    ("", "return add(x[0])", "add = functools.partial(lax.psum, axis_name='clients')", "lax.psum"),
    ("", "return functools.partial(lax.psum, axis_name='clients')(x[0])", "", "lax.psum"),
    ("", "return getattr(lax, 'psum')(x[0], 'c')", "", "getattr(lax, 'psum')(x[0], 'c')"),
    ("", "return lax.psum_p.bind(x)[0]", "", "lax.psum_p.bind(x)"),
    ("", "return lax.ｐsum(x[0], 'clients')", "", "lax.ｐsum(x[0], 'clients')"),
    ("", "return getattr(lax, 'ps' 'um')(x[0], 'c')", "", "getattr(lax, 'ps' 'um')(x[0], 'c')"),
    ("", "import jax.lax as q\n    return q.psum(x, 'c')[0]", "", "q.psum(x, 'c')"),
    ("", "from jax.lax import psum as q\n    return q(x, 'c')[0]", "", "q(x, 'c')"),
    ("from jax.lax import *", "return psum(x, 'c')[0]", "", "psum(x, 'c')"),
    ("from jax._src.lax.parallel import psum as q", "return q(x, 'c')[0]", "", "q(x, 'c')"),
    ("", "f = lax.psum if x.ndim else jnp.sum\n    return f(x, 'c')[0]", "", "lax.psum"),
    (
        "",
        "if isinstance(x, jax.Array):\n        x = lax.psum(x, 'c')\n    return x[0]",
        "",
        "lax.psum(x, 'c')",
    ),
    (
        "",
        "return functools.reduce(lambda a, b: lax.psum(a, 'c'), [x[0], 1])",
        "",
        "lax.psum(a, 'c')",
    ),
    ("", "return OPS['sum'](x[0], 'c')", "OPS = {}\nOPS['sum'] = lax.psum", "lax.psum"),
    (
        "",
        "return Ops().add(x[0])",
        "class Ops:\n    def add(self, v):\n        return lax.psum(v, 'c')",
        "lax.psum(v, 'c')",
    ),
    (
        "",
        "return noted(x[0])",
        "def deco(f):\n    return lambda v: f(lax.psum(v, 'c'))\n\n\n@deco\ndef noted(v):\n    return v",
        "lax.psum(v, 'c')",
    ),
    (
        "",
        "return own(x[0])",
        "@jax.custom_vjp\ndef own(v):\n    return v\n\n\nown.defvjp(lambda v: (v, None), lambda _, g: (lax.psum(g, 'c'),))",
        "lax.psum(g, 'c')",
    ),
    # An axis of the same name at the server, or of the collective's own, makes it no better.
    (
        "",
        "return lax.psum(x[0], axis_name='c')",
        "f = jax.vmap(jnp.sin, axis_name='c')",
        "lax.psum(x[0], axis_name='c')",
    ),
    (
        "",
        "f = jax.vmap(lambda v: lax.psum(v, ('c', 'i')), axis_name='i')\n    return f(x)[0]",
        "",
        "lax.psum(v, ('c', 'i'))",
    ),
]

CALLBACKS = [
    (
        "from jax import pure_callback as pc",
        "return pc(abs, x[0], x[0])",
        "",
        "pc(abs, x[0], x[0])",
    ),
    (
        "",
        "jax.tree.map(functools.partial(jax.debug.callback, abs), x)\n    return x[0]",
        "",
        "jax.debug.callback",
    ),
    (
        "",
        "return helper(x)",
        "def helper(v):\n    def inner(u):\n        jax.debug.callback(abs, u)\n        return u\n    return inner(v)[0]",
        "jax.debug.callback(abs, u)",
    ),
]

ALLOWED = [
    ("", "f = jax.vmap(lambda v: lax.pmean(v, AXIS), axis_name=AXIS)\n    return f(x)[0]", ""),
    ("", "return jax.vmap(mean_of_examples, axis_name=AXIS)(x)[0]", ""),
    (
        "",
        "f = jax.vmap(lambda v: lax.psum(v, 'i', axis_index_groups=None), axis_name='i')\n    return f(x)[0]",
        "",
    ),
    ("", "f = jax.vmap(lambda v: v + lax.axis_index('i'), axis_name='i')\n    return f(x)[0]", ""),
    (
        "",
        "return other(x)",
        "def other(v):\n    return jnp.sum(v)\n\n\ndef report(v):\n    jax.debug.callback(print, v)",
    ),
    ("", "psum = jnp.sum\n    return psum(x)", ""),
    ("", "lax = functools\n    return lax.psum(x)", ""),
    (
        "",
        "report = jnp.sum\n    return report(x)",
        "def report(v):\n    jax.debug.callback(print, v)",
    ),
]


def _program(first: str, body: str, more: str) -> str:
    return f"{first}\n{HEAD}\n{more}\n\n\ndef client(x):\n    {body}\n{TAIL}"


def _found(source: str) -> list[tuple[str, str]]:
    lines = source.splitlines()
    spans = [(d.code, d.span) for d in fadc.check(source)]
    return [(code, lines[s.start_line - 1][s.start_column : s.end_column]) for code, s in spans]


@pytest.mark.parametrize(("first", "body", "more", "marked"), COLLECTIVES)
def test_a_hidden_collective_is_an_error(first: str, body: str, more: str, marked: str) -> None:
    assert _found(_program(first, body, more)) == [("FAD303", marked)]


@pytest.mark.parametrize(("first", "body", "more", "marked"), CALLBACKS)
def test_a_hidden_callback_is_an_error(first: str, body: str, more: str, marked: str) -> None:
    assert _found(_program(first, body, more)) == [("FAD304", marked)]


@pytest.mark.parametrize(("first", "body", "more"), ALLOWED)
def test_what_stays_at_one_client_is_not(first: str, body: str, more: str) -> None:
    assert fadc.check(_program(first, body, more)) == []
