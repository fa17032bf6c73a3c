"""The differentiated parameter has integer leaves, which are used too."""

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def client_step(params, x):
    table = params["table"][params["index"]]
    return {"table": params["table"] * jnp.sum(jnp.sin(table * x)), "index": params["index"] * 2}


@fed.computation
def embedding_round(
    params: fed.Server[dict[str, PyTree]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[PyTree]:
    """Integer leaves are sent, aggregated and returned beside the active ones."""
    updates = fed.map(client_step, fed.broadcast(params), x)
    total = fed.sum(updates)
    return {"table": params["table"] - lr * total["table"], "index": total["index"]}
