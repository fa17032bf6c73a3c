"""FedAvg for some rounds with a client learning rate for each array of the model, and the loss after.

The derivative for the logarithms of the rates passes all rounds and all local steps: Maclaurin,
Duvenaud and Adams, Gradient-based Hyperparameter Optimization through Reversible Learning, ICML 2015,
section 3.2, for FedAvg (McMahan et al., AISTATS 2017).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

import fadc as fed
from samples.experiments.models import cross_entropy


def client_loss(params, x, y, count, logits):
    """The mean loss of a client's examples, of which the first `count` are real."""
    return cross_entropy(logits(params, x), y, jnp.arange(y.shape[0]) < count)


def client_update(params, rates, x, y, count, steps, logits):
    """What local steps change; each array has its own rate."""

    def step(local, _):
        gradient = jax.grad(client_loss)(local, x, y, count, logits)
        return jax.tree.map(lambda p, r, g: p - r * g, local, rates, gradient), None

    local, _ = jax.lax.scan(step, params, None, length=steps)
    return jax.tree.map(jnp.subtract, params, local)


@fed.computation
def train(
    params: fed.Server[PyTree],
    log_rates: fed.Server[PyTree],
    log_server_rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Int[Array, "n"]],
    count: fed.Clients[Int[Array, ""]],
    x_judged: fed.Clients[Float[Array, "m d"]],
    y_judged: fed.Clients[Int[Array, "m"]],
    count_judged: fed.Clients[Int[Array, ""]],
    logits: Callable,
    steps: int = 5,
    rounds: int = 10,
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[PyTree]]:
    """The clients' mean loss after training, on examples that are not trained on, and the model."""
    rates = jax.tree.map(jnp.exp, log_rates)
    server_rate = jnp.exp(log_server_rate)
    rates_at_clients = fed.broadcast(rates)
    for _ in range(rounds):
        params_at_clients = fed.broadcast(params)
        delta = fed.map(
            client_update,
            params_at_clients,
            rates_at_clients,
            x,
            y,
            count,
            steps=steps,
            logits=logits,
        )
        params = jax.tree.map(lambda p, d: p - server_rate * d, params, fed.mean(delta))
    judged = fed.map(
        client_loss, fed.broadcast(params), x_judged, y_judged, count_judged, logits=logits
    )
    loss = fed.mean(judged)
    return loss, params
