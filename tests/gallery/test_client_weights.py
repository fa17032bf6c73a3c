"""The learned weights against the round in NumPy, and against who deserves them."""

import jax
import jax.numpy as jnp
import numpy as np

import fadc

from ..samples import sample

client_weights = sample("client_weights").module

RANDOM = np.random.default_rng(0)
W, X = RANDOM.normal(size=4), RANDOM.normal(size=(4, 6, 4))
Y = np.einsum("cnd,cd->cn", X, RANDOM.normal(size=(4, 4)))
SCORE, TRUST, LR = np.array([0.3, -1.0, 0.8, 0.0]), np.array([1.0, 2.0, 0.0, 0.0]), 0.05


def test_it_is_the_weighted_round():
    ends = []
    for x, y in zip(X, Y, strict=True):
        local = W
        for _ in range(client_weights.LOCAL_STEPS):
            local = local - LR * 2 * (x @ local - y) @ x / len(y)
        ends.append(local)
    w = np.average(ends, axis=0, weights=np.exp(SCORE))
    losses = np.mean((np.einsum("cnd,d->cn", X, w) - Y) ** 2, axis=1)
    found = client_weights.loss_of_weights(W, LR, SCORE, TRUST, X, Y)
    np.testing.assert_allclose(found, np.average(losses, weights=TRUST), rtol=1e-12)


def test_a_client_whose_examples_are_wrong_is_to_lose_weight():
    """Of clients with one model, the one with wrong labels alone has a positive derivative."""
    y = X @ jnp.ones(4)
    y = y.at[3].set(-y[3])
    gradient = fadc.value_and_grad(client_weights.loss_of_weights, wrt="score")
    _, (bar,) = gradient(jnp.zeros(4), LR, jnp.zeros(4), TRUST, X, y)
    assert (bar[:3] < 0).all()
    assert bar[3] > 0
    np.testing.assert_allclose(jnp.sum(bar), 0.0, atol=1e-12)  # Only shares matter.
    assert jax.tree.leaves(bar)[0].shape == (4,)
