"""Weights of single clients, learned by the derivative for them.

Rush, Charles and Garrett, Federated Automatic Differentiation, JMLR 25(357), 2024, learn the weights of
the aggregation; that examples with wrong labels lose theirs if the loss on trusted ones decides is Ren,
Zeng, Yang and Urtasun, Learning to Reweight Examples for Robust Deep Learning, ICML 2018.

Each client holds the logarithm of its weight. The derivative for it is at the client, too, and the
sums are secure: the server learns neither the weight nor how it ought to change.

    python samples/client_weights.py
    fadc transform samples/client_weights.py --mode reverse --wrt score
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 10

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, x, y):
    """What local gradient steps change."""

    def step(local, _):
        return local - lr * jax.grad(client_loss)(local, x, y), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return local - w


@fed.computation
def loss_of_weights(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    score: fed.Clients[Float[Array, ""]],
    trust: fed.Clients[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """The loss of the trusted clients after one round in which all clients count by their weights."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y)
    weight = fed.map(jnp.exp, score)
    w_next = w + fed.weighted_mean(delta, weight, aggregator=secure_sum)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y)
    return fed.weighted_mean(losses, trust, aggregator=secure_sum)


def main():
    """Learns the weights of eight clients, of which three are trusted and three have wrong labels."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (8, 10, 4))
    y = x @ jnp.ones(4) + 0.1 * jax.random.normal(keys[1], (8, 10))
    y = y.at[5:].set(3.0 * jax.random.normal(keys[2], (3, 10)))
    trust, score = jnp.array([1.0, 1.0, 1.0, 0, 0, 0, 0, 0]), jnp.zeros(8)

    gradient = jax.jit(fed.value_and_grad(loss_of_weights, wrt="score"))
    for step in range(13):
        loss, (score_bar,) = gradient(jnp.zeros(4), 0.05, score, trust, x, y)
        if step % 4 == 0:
            weights = " ".join(f"{weight:.2f}" for weight in jax.nn.softmax(score))
            print(f"step {step:2}: loss {loss:.4f}  weights {weights}")
        score = score - score_bar


if __name__ == "__main__":
    main()
