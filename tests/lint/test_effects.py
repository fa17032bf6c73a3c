"""What local functions do past the primitives, and what is said of server functions."""

from __future__ import annotations

import pytest

import fadc
from fadc.diagnostics import Severity

HEAD = """\
import os
import random
import time
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import io_callback
from jaxtyping import Array, Float, Key, PyTree

import fadc as fed

history = []
table = defaultdict(list)
SCALES = {"a": 1.0}
count = 0
generator = np.random.default_rng(0)


class Keeper:
    kept = None


def bump():
    global count
    count += 1


"""
AT_CLIENTS = """

@fed.computation
def loss(
    w: fed.Server[Float[Array, "d"]],
    params: fed.Server[PyTree],
    key: fed.Server[Key[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    received = fed.broadcast((w, params, key))
    return fed.mean(fed.map(local, *ARGUMENTS))
""".replace("*ARGUMENTS", "w_c, params_c, key_c, x").replace("received =", "w_c, params_c, key_c =")
AT_SERVER = """

@fed.computation
def loss(
    w: fed.Server[Float[Array, "d"]],
    params: fed.Server[PyTree],
    key: fed.Server[Key[Array, ""]],
    x: fed.Server[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    return local(w, params, key, x)
"""

CLIENT_CODES = {
    "history.append(w)\n    return w[0]": ["FAD411 error"],
    "table['loss'].append(w)\n    return w[0]": ["FAD411 error"],
    "SCALES['b'] = w\n    return w[0]": ["FAD411 error"],
    "global count\n    count = 1\n    return w[0]": ["FAD411 error"],
    "bump()\n    return w[0]": ["FAD411 error"],
    "Keeper.kept = w\n    return w[0]": ["FAD411 error"],
    "local.kept = w\n    return w[0]": ["FAD411 error"],
    "np.kept = w\n    return w[0]": ["FAD411 error"],
    "kept = history.append(w)\n    return w[0]": ["FAD411 error"],
    "jax.debug = x\n    return w[0]": ["FAD411 error"],
    "np = Keeper()\n    np.kept = w\n    return np.kept[0]": [],
    "own = []\n    own.append(w)\n    return own[0][0]": [],
    "params['w'] = w\n    return w[0]": ["FAD410 error"],
    "params.update(w=w)\n    return w[0]": ["FAD410 error"],
    "lr = params.pop('lr')\n    return lr * w[0]": ["FAD410 error"],
    "params = params | {'w': w}\n    return params['w'][0]": [],
    "params = params.copy()\n    params['w'] = w\n    return w[0]": [],
    "new = {k: 2 * v for k, v in params.items()}\n    new['w'] = w\n    return w[0]": [],
    "return w[0] * random.random()": ["FAD412 error"],
    "return w[0] * np.random.rand()": ["FAD412 error"],
    "return w[0] * time.time()": ["FAD412 error"],
    "return w[0] * float(open('x').read())": ["FAD412 error"],
    "return w[0] * float(os.environ['X'])": [],
    "return w[0] * len(os.path.join('a', 'b'))": [],
    "print('loss', w)\n    return w[0]": ["FAD412 warning"],
    "return lax.psum(w[0], 'clients')": ["FAD303 error"],
    "return lax.all_gather(w, axis_name='clients')[0, 0]": ["FAD303 error"],
    "return w[0] + lax.axis_index('clients')": ["FAD303 error"],
    "f = jax.vmap(lambda v: v - lax.pmean(v, 'i'), axis_name='i')\n    return jnp.sum(f(w))": [],
    "jax.debug.print('{}', w)\n    return w[0]": ["FAD304 warning"],
    "jax.debug.callback(print, w)\n    return w[0]": ["FAD304 error"],
    "io_callback(print, None, w)\n    return w[0]": ["FAD304 error"],
    "return jax.pure_callback(np.sin, w, w)[0]": ["FAD304 error"],
    "return jnp.sum(x + jax.random.normal(key, x.shape))": ["FAD416 warning"],
    "n = 0.1 * jax.random.laplace(key, x.shape)\n    return jnp.sum(x + n)": ["FAD416 warning"],
    "k, _ = jax.random.split(key)\n    return jnp.sum(x - jax.random.normal(k, x.shape))": [
        "FAD416 warning"
    ],
    "return jnp.sum(x + jax.random.normal(jax.random.key(0), x.shape))": ["FAD416 warning"],
    "k = jax.random.fold_in(key, x[0].astype(int))\n    return jnp.sum(x + jax.random.normal(k))": [],
    "return jnp.sum(x[jax.random.permutation(key, x.shape[0])])": [],
    "return jnp.sum(w + jax.random.normal(key, w.shape)) * x[0]": [],
    "return jnp.sum(x * jax.random.bernoulli(key, 0.5, x.shape))": [],
}

SERVER_CODES = {
    "if w[0] > 0:\n        return w[0]\n    return -w[0]": ["FAD408 warning"],
    "return w[0] * float(jnp.sum(w))": ["FAD413 error"],
    "return w[0] * w[1].item()": ["FAD413 error"],
    "return w[0] * float(jnp.sum(jnp.asarray([1.0])))": [],
    "return w[0] * np.dot(w, w)": ["FAD407 error"],
    "return w[0] * float(jax.random.randint(key, (), 0, 9))": ["FAD413 warning"],
    "return w[0] * random.random()": ["FAD412 warning"],
    "print(w)\n    return w[0]": [],
    "jax.debug.print('{}', w)\n    return w[0]": [],
    "return jnp.sum(w + jax.random.normal(key, w.shape))": [],
    "params['w'] = w\n    return w[0]": ["FAD410 error"],
    "history.append(w)\n    return w[0]": ["FAD411 error"],
}


def _codes(body: str, tail: str) -> list[str]:
    found = fadc.check(f"{HEAD}def local(w, params, key, x):\n    {body}\n{tail}")
    kept = [d for d in found if d.severity is not Severity.NOTE and d.code != "FAD414"]
    return [f"{d.code} {d.severity.value}" for d in kept]


@pytest.mark.parametrize("body", CLIENT_CODES)
def test_at_the_clients(body: str) -> None:
    assert _codes(body, AT_CLIENTS) == CLIENT_CODES[body]


@pytest.mark.parametrize("body", SERVER_CODES)
def test_at_the_server(body: str) -> None:
    assert _codes(body, AT_SERVER) == SERVER_CODES[body]


def test_one_finding_where_several_computations_reach_it() -> None:
    source = f"{HEAD}def local(w, params, key, x):\n    return w[0] * time.time()\n"
    again = AT_CLIENTS.replace("def loss", "def other")
    assert len(fadc.check(source + AT_CLIENTS + again)) == 1


def test_computations_that_call_each_other_often_are_read_once_each() -> None:
    """Twenty computations, each of which calls the next one twice: a million paths."""
    signature = '(w: fed.Server[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:\n'
    parts = [f"{HEAD}@fed.computation\ndef f0{signature}    return w\n"]
    for n in range(1, 21):
        body = f"    return f{n - 1}(f{n - 1}(w))\n"
        parts.append(f"\n\n@fed.computation\ndef f{n}{signature}{body}")
    assert fadc.check("".join(parts)) == []


def test_a_computation_is_named_as_a_function_is() -> None:
    signature = '(w: fed.Server[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:\n'
    (found,) = fadc.check(f"{HEAD}@fed.computation\ndef f{signature}    return w * float(w)\n")
    assert found.code == "FAD413"
    assert found.message.startswith("`float(…)` in `f` asks")
