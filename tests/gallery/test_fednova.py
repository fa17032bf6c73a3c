"""FedNova against the paper's update in NumPy, and the objective that it is consistent with."""

import numpy as np

from ..samples import sample

fednova = sample("fednova").module

RANDOM = np.random.default_rng(0)
STEPS, EXAMPLES = np.array([1, 5, 16]), np.array([4.0, 2.0, 1.0])
W, X = RANDOM.normal(size=4), RANDOM.normal(size=(3, 6, 4))
Y = np.einsum("cnd,cd->cn", X, RANDOM.normal(size=(3, 4)))


def change(w, lr, steps, x, y):
    """What a client's own number of gradient steps changes."""
    local = w
    for _ in range(steps):
        local = local - lr * 2 * (x @ local - y) @ x / len(y)
    return local - w


def changes(w, lr):
    """Those of all clients."""
    return np.array([change(w, lr, *client) for client in zip(STEPS, X, Y, strict=True)])


def paper_round(w, lr, server_lr=1.0):
    """x + τ_eff Σ p_i (Δ_i / τ_i) with τ_eff = Σ p_i τ_i."""
    shares = EXAMPLES / EXAMPLES.sum()
    return w + server_lr * (shares @ STEPS) * (shares / STEPS) @ changes(w, lr)


def averaging_round(w, lr):
    """FedAvg."""
    return w + np.average(changes(w, lr), axis=0, weights=EXAMPLES)


def test_a_round_is_the_paper_s():
    loss, found = fednova.fednova_round(W, 0.8, 0.05, STEPS, EXAMPLES, X, Y)
    wanted = paper_round(W, 0.05, 0.8)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    losses = np.mean((np.einsum("cnd,d->cn", X, wanted) - Y) ** 2, axis=1)
    np.testing.assert_allclose(loss, np.average(losses, weights=EXAMPLES), rtol=1e-12)


def test_it_minimises_the_weighted_loss():
    """Which averaging the changes does not: it counts a client once for each of its steps."""
    root = np.sqrt(EXAMPLES)[:, None]
    least = np.linalg.lstsq((root[..., None] * X).reshape(-1, 4), (root * Y).ravel())[0]
    w = average = W
    for _ in range(3000):
        w, average = paper_round(w, 1e-3), averaging_round(average, 1e-3)
    assert np.linalg.norm(w - least) < 0.05 * np.linalg.norm(average - least)
    moved = fednova.fednova_round(w, 1.0, 1e-3, STEPS, EXAMPLES, X, Y)[1]
    np.testing.assert_allclose(moved, w, atol=1e-6)
