"""Keys of the random number generator at the server and at the clients."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

import fadc as fed


def noisy_gradient(w, key, x):
    return jnp.cos(w * x) * (1.0 + 0.1 * jax.random.normal(key, x.shape))


def dropout(w, key):
    return w * jax.random.bernoulli(key, 0.7, w.shape)


@fed.computation
def noisy_rounds(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    key: fed.Server[Key[Array, ""]],
    client_keys: fed.Clients[Key[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Key[Array, ""]]]:
    """Keys are split, carried, sent, mapped over and returned."""
    for t in range(2):
        key, subkey = jax.random.split(key)
        model, noise_key = fed.broadcast((w, subkey))
        dropped = fed.map(dropout, model, noise_key)
        folded = fed.map(lambda k: jax.random.fold_in(k, t), client_keys)
        g = fed.mean(fed.map(noisy_gradient, dropped, folded, x))
        w = w - lr * (g + 0.01 * jax.random.normal(subkey, w.shape))
    return jnp.sum(w**2), key
