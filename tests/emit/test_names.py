"""Names and literals in emitted code that could be mistaken for others."""

import jax
import jax.numpy as jnp
import pytest

import fadc

from ..correctness import harness

HEAD = """
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def grad(w, x):
    return jnp.cos(w * x)


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
"""
BODIES = {
    "keys_with_escapes": r"""
    parts = {"\x41": w, "a\nb": w * 2.0, 'q"': w * 3.0}
    total = sum(jnp.sum(v * v) for v in jax.tree.leaves(parts))
    return total + fed.sum(fed.map(jnp.vdot, fed.broadcast(w), x))
""",
    "local_called_like_a_derived_function": """
    grad_vjp = jnp.sin(w)
    grad_jvp = jnp.cos(w)
    g = fed.mean(fed.map(grad, fed.broadcast(w), x))
    return jnp.sum(g * grad_vjp * grad_jvp)
""",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_names_and_literals_keep_their_meaning(name: str, mode: str) -> None:
    """The derivative is JAX's, and check accepts the emitted text."""
    source = HEAD + BODIES[name].strip("\n") + "\n"
    text = fadc.transform(source, mode=mode, wrt="w").text
    assert not fadc.check(text)
    primal, derived = harness.load(source, "source"), harness.load(text, "emitted")
    w, x = jnp.linspace(0.1, 0.6, 3), jnp.linspace(-1.0, 1.0, 6).reshape(2, 3)
    expected = jax.grad(primal.program)(w, x)
    if mode == "reverse":
        _, (found,) = derived.program_value_and_grad(w, x)
        assert jnp.allclose(found, expected, rtol=1e-12)
    else:
        _, found = derived.program_jvp(w, x, w_dot=jnp.ones(3))
        assert jnp.allclose(found, jnp.sum(expected), rtol=1e-12)
