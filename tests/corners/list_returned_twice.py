"""A list of pairs that is returned twice: the cotangents of its columns are those of both, added up."""

# args: dict(w=S(3), x=C(3))
# steps: forward; reverse; reverse recompute; reverse > forward; reverse > reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients
) -> tuple[
    list[tuple[fed.Server, fed.Server]],
    list[tuple[fed.Server, fed.Server]],
    list[tuple[fed.Clients, tuple[fed.Clients]]],
    list[tuple[fed.Clients, tuple[fed.Clients]]],
]:
    models = []
    steps = []
    for _ in range(2):
        w_at_clients = fed.broadcast(w)
        y = fed.map(lambda w, x: jnp.sin(w * x), w_at_clients, x)
        steps.append((w_at_clients, (y,)))
        w = w - fed.mean(y)
        models.append((w * 2.0, jnp.cos(w)))
    return models, models, steps, steps
