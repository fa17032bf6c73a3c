"""Two rounds of federated averaging: the clients' rate and the server's, and a model for a result."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, rate, x, y):
    return rate * (x.T @ jnp.tanh(x @ w - y))


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    client_rate: fed.Server[Float[Array, ""]],
    server_rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    rate_at_clients = fed.broadcast(client_rate)
    first = fed.map(update, fed.broadcast(w), rate_at_clients, x, y)
    w_next = w - server_rate * fed.mean(first)
    second = fed.map(update, fed.broadcast(w_next), rate_at_clients, x, y)
    return w_next - server_rate * fed.mean(second)
