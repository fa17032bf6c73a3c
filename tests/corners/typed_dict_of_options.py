"""A `TypedDict` of static values is one."""

# args: dict(w=S(3), z=C(3))
# static: dict(config={"lr": 0.5, "rounds": 2})
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

from typing import TypedDict

import jax.numpy as jnp

import fadc as fed


class Config(TypedDict):
    lr: float
    rounds: int


@fed.computation
def prog(w: fed.Server, z: fed.Clients, config: Config) -> fed.Server:
    for _ in range(config["rounds"]):
        w = w - config["lr"] * fed.mean(fed.map(jnp.multiply, fed.broadcast(w), z))
    return w
