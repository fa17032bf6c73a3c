"""Per-FedAvg against the update of Fallah et al. (2020), algorithm 1, with its Hessian written out."""

import jax.numpy as jnp
import numpy as np

from ..samples import sample

SAMPLE = sample("per_fedavg")
per_fedavg = SAMPLE.module


def gradient(w, x, y):
    return x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(y)


def hessian(w, x):
    p = 1 / (1 + np.exp(-x @ w))
    return (x.T * (p * (1 - p))) @ x / len(x)


def test_a_round_is_the_papers() -> None:
    """w ← w − β (I − A ∇²f(w; D)) ∇f(w − A ∇f(w; D); D'), A the diagonal of the inner rates."""
    arguments = SAMPLE.arguments(3)
    numbers = {name: np.asarray(value) for name, value in arguments.items()}
    inner_lr, outer_lr = numbers["inner_lr"], numbers["outer_lr"]
    models = []
    for x, y, x_query, y_query in zip(
        *(numbers[name] for name in ("x", "y", "x_query", "y_query")), strict=True
    ):
        w = numbers["w"]
        for _ in range(per_fedavg.LOCAL_STEPS):
            adapted = w - inner_lr * gradient(w, x, y)
            chain = np.eye(len(w)) - hessian(w, x) * inner_lr
            w = w - outer_lr * chain @ gradient(adapted, x_query, y_query)
        models.append(w)
    _, w_next = per_fedavg.per_fedavg_round(**arguments)
    assert jnp.allclose(w_next, np.mean(models, axis=0), atol=1e-12)
