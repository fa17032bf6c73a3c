"""RFA against algorithm 2 of the paper in NumPy, and against what a geometric median is."""

import numpy as np

from ..samples import sample

rfa = sample("rfa").module

RANDOM = np.random.default_rng(3)
LR, SERVER_LR = 0.05, 0.7
W, X = RANDOM.normal(size=4), RANDOM.normal(size=(5, 6, 4))
FAULT = np.zeros((5, 4))
FAULT[4] = 10.0
Y = np.einsum("cnd,cd->cn", X, RANDOM.normal(size=(5, 4)))


def updates():
    """What ten gradient steps change at each client, and the fault of the last one."""
    ends = []
    for x, y in zip(X, Y, strict=True):
        local = W
        for _ in range(rfa.LOCAL_STEPS):
            local = local - LR * 2 * (x @ local - y) @ x / len(y)
        ends.append(local)
    return np.array(ends) - W + FAULT


def loss_at(centre):
    """The clients' mean loss after a step to the centre."""
    return np.mean((np.einsum("cnd,d->cn", X, W + SERVER_LR * centre) - Y) ** 2)


def found_loss(nu, iterations):
    """What the sample says of it."""
    return rfa.rfa_round(W, SERVER_LR, nu, LR, FAULT, X, Y, iterations=iterations)


def test_it_is_algorithm_2():
    update, centre, nu = updates(), np.zeros(4), 1.3
    for _ in range(3):
        distance = np.linalg.norm(update - centre, axis=1)
        weight = 1 / np.maximum(nu, distance)
        centre = weight @ update / weight.sum()
    assert (distance < nu).any()
    assert (distance > nu).any()
    np.testing.assert_allclose(found_loss(nu, 3), loss_at(centre), rtol=1e-9)


def test_a_large_nu_gives_the_mean():
    np.testing.assert_allclose(found_loss(1e3, 1), loss_at(updates().mean(axis=0)), rtol=1e-12)


def test_it_converges_to_the_geometric_median():
    """Which is where the sum of the distances is least, and the unit vectors from it cancel out."""
    update, centre = updates(), np.zeros(4)
    for _ in range(3000):
        apart = centre - update
        direction = (apart / np.linalg.norm(apart, axis=1, keepdims=True)).sum(axis=0)
        centre = centre - 0.05 * direction
    np.testing.assert_allclose(direction, 0.0, atol=1e-9)
    np.testing.assert_allclose(found_loss(1e-6, 300), loss_at(centre), rtol=1e-6)
