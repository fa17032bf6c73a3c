"""Other ways to import fadc, jax and the annotations."""

from __future__ import annotations

import jax
import jaxtyping as jt
from jax import numpy as np

import fadc
from fadc import Clients, Server, computation, mean
from fadc import broadcast as send
from fadc import map as federated_map


def client_loss(w: jax.Array, x: jax.Array) -> jax.Array:
    return np.sum(np.sin(w * x))


@computation
def imported(
    w: Server[jt.Float[jt.Array, "d"]],
    lr: fadc.Server[jt.Float[jax.Array, ""]],
    x: Clients[jt.Float[jt.Array, "d"]],
) -> Server[jt.Float[jt.Array, ""]]:
    """Names imported one by one, the package under its own name, aliases."""
    losses = federated_map(client_loss, send(w), x)
    total = fadc.sum(losses) / fadc.num_clients()
    return mean(losses) * total + np.sum(w) * lr
