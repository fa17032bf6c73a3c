"""A registered dataclass travels as a pytree and is read by attribute."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Model:
    """A linear model."""

    weight: jax.Array
    bias: jax.Array


def predict(model, x):
    return jnp.tanh(x @ model.weight + model.bias)


@fed.computation
def dataclass_round(
    model: fed.Server[Model],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
) -> fed.Server[Float[Array, ""]]:
    """The model is rebuilt at the server, sent as a whole and read at the clients."""
    shrunk = Model(weight=model.weight * lr, bias=jnp.sin(model.bias))
    at_clients = fed.broadcast(shrunk)
    prediction = fed.map(predict, at_clients, x)
    bias_again = fed.map(jnp.multiply, at_clients.bias, at_clients.bias)
    return fed.mean(fed.map(jnp.sum, prediction)) + fed.mean(bias_again) * model.bias
