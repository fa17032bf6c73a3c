"""Federated ridge regression in one exact round, and its error on clients that it has not seen.

The clients send their normal equations, `x.T @ x` and `x.T @ y`, and their sums are those of the pooled
data. The server sends the sums back; each client takes its own part out again and solves for the
model that the others would have trained without it. That is the leave-one-out estimate of Allen, The
Relationship between Variable Selection and Data Augmentation and a Method for Prediction, Technometrics
1974 (PRESS), with a client in the place of an observation: exact, without held-out data, and without
training anything again.

The derivative of that error tunes a ridge for each feature; features that help no other client get a
large one (MacKay, Bayesian Nonlinear Modeling for the Prediction Competition, 1994, calls that
automatic relevance determination).

    python samples/ridge_regression.py
    fadc transform samples/ridge_regression.py --mode reverse --wrt log_ridge --result error
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def normal_equations(x, y):
    """The client's part of the matrix and of the right-hand side."""
    return x.T @ x, x.T @ y


def solution(gram, moment, log_ridge):
    """The minimum of the squared error plus the weights' squares times their ridges."""
    return jnp.linalg.solve(gram + jnp.diag(jnp.exp(log_ridge)), moment)


def error_without(gram, moment, log_ridge, own_gram, own_moment, x, y):
    """The mean squared error on the client's examples of the model that has not seen them."""
    w = solution(gram - own_gram, moment - own_moment, log_ridge)
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def left_out_error(
    log_ridge: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The mean error on clients left out of the training, and the model trained on all."""
    own_gram, own_moment = fed.map(normal_equations, x, y)
    gram, moment = fed.sum((own_gram, own_moment))
    gram_at_clients, moment_at_clients, log_ridge_at_clients = fed.broadcast(
        (gram, moment, log_ridge)
    )
    errors = fed.map(
        error_without,
        gram_at_clients,
        moment_at_clients,
        log_ridge_at_clients,
        own_gram,
        own_moment,
        x,
        y,
    )
    error = fed.mean(errors)
    w = solution(gram, moment, log_ridge)
    return error, w


def main():
    """Tunes twenty ridges, of which three are of features that matter."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (320, 3, 20))
    y = x[:, :, :3] @ jnp.array([2.0, -1.0, 1.0]) + 2.0 * jax.random.normal(keys[1], (320, 3))
    x, y, x_new, y_new = x[:20], y[:20], x[20:], y[20:]

    hypergradient = jax.jit(fed.value_and_grad(left_out_error, wrt="log_ridge", result="error"))
    log_ridge = jnp.zeros(20)
    for step in range(41):
        (error, (w,)), (log_ridge_bar,) = hypergradient(log_ridge, x, y)
        if step % 10 == 0:
            error_on_new = jnp.mean((x_new @ w - y_new) ** 2)
            matter, others = jnp.exp(log_ridge[:3].mean()), jnp.exp(log_ridge[3:].mean())
            print(
                f"step {step:2}: left-out error {error:.3f}, on new clients {error_on_new:.3f}; "
                f"ridges {matter:.2f} and {others:.2f}"
            )
        log_ridge = log_ridge - 2.0 * log_ridge_bar


if __name__ == "__main__":
    main()
