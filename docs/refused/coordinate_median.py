"""Distributed gradient descent by the coordinate-wise median, which few corrupt clients cannot move.

Yin, Chen, Ramchandran and Bartlett, Byzantine-Robust Distributed Learning: Towards Optimal Statistical
Rates, ICML 2018, algorithm 1, option I.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_gradient(w, x, y):
    """Its gradient."""
    return jax.grad(client_loss)(w, x, y)


@fed.computation
def median_step(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The mean loss after one step, and the model."""
    gradients = fed.map(client_gradient, fed.broadcast(w), x, y)
    w_next = w - lr * jnp.median(gradients, axis=0)
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w_next), x, y))
    return loss, w_next


def main():
    """Ten clients, two of which send nonsense."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (10, 16, 4))
    y = (x @ jnp.arange(1.0, 5.0)).at[:2].set(100.0)
    w = jnp.zeros(4)
    for step in range(10):
        _, w = median_step(w, 0.1, x, y)
        print(f"step {step}: model {w}")


if __name__ == "__main__":
    main()
