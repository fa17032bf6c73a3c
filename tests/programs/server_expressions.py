"""Server expressions of many shapes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


client_gradient = jax.grad(client_loss)


@fed.computation
def expressions(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """Calls, operators, subscripts, slices, methods, lambdas, functions of functions."""
    g = fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    v = jnp.sqrt(g**2 + 1e-2)
    first = w[0] * g[-1]
    middle = w[1:].sum() + v[::2].mean()
    outer = w[:, None] * g[None, :]
    masked = jnp.where(w > 0.0, w, lr * w)
    updated = masked.at[0].set(lr).at[1].add(first)
    curvature = jax.grad(lambda u: jnp.sum(jnp.sin(u) * g))(w)
    powers = jnp.stack([w**k for k in range(1, 4)])
    clipped = jnp.clip(g, -0.5, 0.5) if w.ndim == 1 else g
    scanned, _ = jax.lax.scan(lambda c, u: (c * 0.5 + jnp.sin(u * lr), None), first, g)
    by_size = jnp.reshape(outer, (w.shape[0] * w.shape[0],)) @ jnp.ones(9, dtype=w.dtype)
    return (
        middle
        + jnp.sum(updated * curvature)
        - jnp.trace(outer @ outer.T)
        + jnp.sum(powers, axis=0) @ clipped
        + scanned
        + by_size
    )
