"""Batches with integer labels and boolean masks at the clients."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

import fadc as fed


def client_loss(w, batch):
    logits = jnp.tanh(batch["x"] @ w)
    target = jax.nn.one_hot(batch["label"], 3)
    per_example = jnp.sum((logits - target) ** 2, axis=-1)
    return jnp.sum(jnp.where(batch["mask"], per_example, 0.0)), jnp.sum(batch["mask"])


@fed.computation
def masked_loss(
    w: fed.Server[Float[Array, "d c"]],
    batch: fed.Clients[PyTree],
    round_number: fed.Server[Int[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    """The loss per example over all clients; a count goes up beside the loss."""
    loss, count = fed.map(client_loss, fed.broadcast(w), batch)
    total_loss, total_count = fed.sum((loss, count))
    return total_loss / jnp.maximum(total_count, 1) / (1 + round_number)
