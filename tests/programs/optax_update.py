"""An optax optimizer at the server; its state has an integer counter."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


client_gradient = jax.grad(client_loss)
optimizer = optax.adam(0.1, eps_root=1e-3)


@fed.computation
def optax_rounds(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int = 2,
) -> fed.Server[Float[Array, ""]]:
    """A few rounds of FedAdam through optax."""
    opt_state = optimizer.init(w)
    for _ in range(rounds):
        g = fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
        updates, opt_state = optimizer.update(g, opt_state, w)
        w = optax.apply_updates(w, updates)
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
