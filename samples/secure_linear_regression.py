"""Ridge regression whose clients upload through secure aggregation only.

Bonawitz et al., Practical Secure Aggregation for Privacy-Preserving Machine Learning, CCS 2017: the
server learns the sum of the clients' vectors and nothing else. `secure_sum` declares such a
mechanism, and the derivative uploads through it, too: the transpose of `fed.broadcast` is
`secure_sum` here and never a plain sum.

The clients' normal equations are summed once; the derivative of the validation loss for `ridge` is
that of Larsen, Hansen, Svarer and Ohlsson, Design and Regularization of Neural Networks: The Optimal
Use of a Validation Set, NNSP 1996.

    python samples/secure_linear_regression.py
    fadc transform samples/secure_linear_regression.py --mode reverse --wrt ridge
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def normal_equations(x, y):
    """The client's part of the matrix and of the right-hand side."""
    return x.T @ x, x.T @ y


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def validation_loss(
    ridge: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    x_held_out: fed.Clients[Float[Array, "m d"]],
    y_held_out: fed.Clients[Float[Array, "m"]],
) -> fed.Server[Float[Array, ""]]:
    """Solves the regression, then takes the clients' mean loss on what they held out."""
    gram, moment = secure_sum(fed.map(normal_equations, x, y))
    w = jnp.linalg.solve(gram + ridge * jnp.eye(gram.shape[0]), moment)
    losses = fed.map(client_loss, fed.broadcast(w), x_held_out, y_held_out)
    return secure_sum(losses) / fed.num_clients()


def main():
    """Tunes the ridge by its hypergradient, on the logarithmic scale."""
    keys = jax.random.split(jax.random.key(0), 4)
    w = jax.random.normal(keys[0], (12,))
    x = jax.random.normal(keys[1], (5, 6, 12))
    y = x[:, :3] @ w + 2.0 * jax.random.normal(keys[2], (5, 3))
    data = x[:, :3], y, x[:, 3:], x[:, 3:] @ w + 0.1 * jax.random.normal(keys[3], (5, 3))

    hypergradient = jax.jit(fed.value_and_grad(validation_loss, wrt="ridge"))
    ridge = jnp.array(0.1)
    for step in range(6):
        loss, (ridge_bar,) = hypergradient(ridge, *data)
        print(f"step {step}: ridge {ridge:6.3f}  loss {loss:8.4f}  d {ridge_bar:9.4f}")
        ridge = ridge * jnp.exp(-jnp.clip(2.0 * ridge * ridge_bar, -1.0, 1.0))


if __name__ == "__main__":
    main()
