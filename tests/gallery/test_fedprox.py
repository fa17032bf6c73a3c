"""FedProx against algorithm 2 of the paper in NumPy, and against what its proximal step solves."""

import numpy as np

from ..samples import sample

fedprox = sample("fedprox").module

RANDOM = np.random.default_rng(0)
MU, LR = 0.7, 0.05
W, X, Y = RANDOM.normal(size=4), RANDOM.normal(size=(3, 6, 4)), RANDOM.normal(size=(3, 6))
HELD_OUT = RANDOM.normal(size=(3, 5, 4)), RANDOM.normal(size=(3, 5))


def gradient(w, x, y):
    """That of the mean squared error."""
    return 2 * (x @ w - y) @ x / len(y)


def local_solution(w, x, y):
    """Gradient descent on h(v) = F(v) + mu/2 ‖v - w‖², from v = w."""
    local = w
    for _ in range(fedprox.LOCAL_STEPS):
        local = local - LR * (gradient(local, x, y) + MU * (local - w))
    return local


def test_it_is_algorithm_2():
    w = W
    for _ in range(2):
        w = np.mean([local_solution(w, *client) for client in zip(X, Y, strict=True)], axis=0)
    x, y = HELD_OUT
    found = fedprox.fedprox(W, MU, LR, X, Y, *HELD_OUT, rounds=2)
    np.testing.assert_allclose(found, np.mean((x @ w - y) ** 2), rtol=1e-12)


def test_a_client_s_solution_is_inexact():
    """In the paper's sense: the gradient of h is at most γ < 1 times as large as at the start."""
    change = np.asarray(fedprox.client_update(W, MU, LR, X[0], Y[0]))
    left = gradient(W + change, X[0], Y[0]) + MU * change
    assert np.linalg.norm(left) < 0.5 * np.linalg.norm(gradient(W, X[0], Y[0]))
