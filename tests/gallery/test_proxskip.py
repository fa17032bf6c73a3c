"""ProxSkip against Scaffnew of Mishchenko et al. (2022), algorithm 2, and its fixed point."""

import jax
import jax.numpy as jnp
import numpy as np

from ..samples import sample

SAMPLE = sample("proxskip")
proxskip = SAMPLE.module


def gradient(w, x, y):
    return x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(y) + 0.1 * w


def test_its_steps_are_the_papers() -> None:
    arguments, coins = SAMPLE.arguments(3), (False, True, True, False)
    x, y = np.asarray(arguments["x"]), np.asarray(arguments["y"])
    w, h = np.asarray(arguments["w"]), np.asarray(arguments["control"])
    lr, p = 0.5, 0.5
    for coin in coins:
        stepped = np.stack([w[i] - lr * (gradient(w[i], x[i], y[i]) - h[i]) for i in range(3)])
        w = np.broadcast_to(stepped.mean(0), w.shape) if coin else stepped
        h = h + p / lr * (w - stepped)
    _, w_next, control = proxskip.proxskip(**arguments, communicates=coins)
    assert jnp.allclose(w_next, w, atol=1e-12)
    assert jnp.allclose(control, h, atol=1e-12)


def test_the_controls_become_the_clients_gradients_at_the_optimum() -> None:
    """The paper's theorem: models tend to the optimum, and h_i to ∇f_i there."""
    arguments = SAMPLE.arguments(3)
    w, control = jnp.zeros((3, 4)), jnp.zeros((3, 4))
    coins = tuple(jax.random.bernoulli(jax.random.key(0), 0.5, (8,)).tolist())
    steps = jax.jit(proxskip.proxskip, static_argnames="communicates")
    for _ in range(60):
        _, w, control = steps(w, control, 0.5, 0.5, arguments["x"], arguments["y"], coins)
    x, y, w, control = (np.asarray(v) for v in (arguments["x"], arguments["y"], w, control))
    gradients = np.stack([gradient(w[i], x[i], y[i]) for i in range(3)])
    assert np.ptp(w, axis=0).max() < 1e-8
    assert np.abs(gradients.mean(0)).max() < 1e-8
    assert np.abs(control - gradients).max() < 1e-8
