"""FedSGD: each round is one gradient step on the clients' mean loss.

McMahan, Moore, Ramage, Hampson and Agüera y Arcas, Communication-Efficient Learning of Deep Networks
from Decentralized Data, AISTATS 2017, section 2.

Nobody writes the gradient by hand: it is the derivative of the loss that the clients report.

    python samples/fedsgd.py
    fadc transform samples/fedsgd.py --mode reverse --wrt w
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    """The logistic loss of one client's examples; labels are 0 and 1."""
    logits = x @ w
    return jnp.mean(jnp.logaddexp(0.0, logits) - y * logits)


@fed.computation
def population_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """The clients' mean loss."""
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))


def main():
    """Trains on eight clients for 30 rounds."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (8, 32, 5))
    y = (x @ jax.random.normal(keys[1], (5,)) > 0).astype(x.dtype)

    gradient = jax.jit(fed.value_and_grad(population_loss, wrt="w"))
    w = jnp.zeros(5)
    for round_number in range(31):
        loss, (w_bar,) = gradient(w, x, y)
        if round_number % 10 == 0:
            print(f"round {round_number:2}: loss {loss:.4f}")
        w = w - 1.0 * w_bar


if __name__ == "__main__":
    main()
