"""The user's own names are those that a compiler would like to have."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


def local_gradient_vjp(w, x):
    return w * x


def local_gradient_jvp(w, x):
    return w - x


def pull(v):
    return jnp.sin(v)


@fed.computation
def colliding(
    w: fed.Server[Float[Array, "d"]],
    w_bar: fed.Server[Float[Array, "d"]],
    out_bar: fed.Server[Float[Array, ""]],
    w_dot: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Names ending in _bar, _dot, _pullback; out, tape, residuals, zeros, primals."""
    out = pull(w) * out_bar
    g_pullback = fed.map(local_gradient, fed.broadcast(out), w_dot)
    g = fed.map(local_gradient_vjp, g_pullback, w_dot)
    g_bar = fed.mean(fed.map(local_gradient_jvp, g, g_pullback))
    tape = []
    residuals = out_bar
    for i in range(2):
        out_dot = fed.mean(fed.map(local_gradient, fed.broadcast(w * g_bar), w_dot))
        tape.append(out_dot)
        w = w - residuals * out_dot * w_bar
    zeros = 0.0
    for primals in reversed(tape):
        zeros = zeros + jnp.sum(primals * w)
    tangents = zeros * out_bar
    return tangents + jnp.sum(out)
