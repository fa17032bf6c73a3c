"""FedOpt against its optimizers in NumPy, and its emitted derivative with each of them."""

import jax
import numpy as np
import pytest

import fadc

from ..samples import sample

fedopt = sample("fedopt").module
gradient = fadc.value_and_grad(fedopt.fedopt_round, wrt="w,server_lr", result="loss")

ROUNDS, SERVER_LR, CLIENT_LR, TAU = 3, 0.2, 0.05, 1e-3
RANDOM = np.random.default_rng(0)
W, X, Y = RANDOM.normal(size=4), RANDOM.normal(size=(3, 6, 4)), RANDOM.normal(size=(3, 6))


def client_gradient(w):
    """The mean of what five gradient steps take away at the clients."""
    ends = []
    for x, y in zip(X, Y, strict=True):
        local = w
        for _ in range(5):
            local = local - CLIENT_LR * 2 * (x @ local - y) @ x / len(y)
        ends.append(local)
    return w - np.mean(ends, axis=0)


def sgd(w):
    momentum = 0.0
    for _ in range(ROUNDS):
        momentum = 0.9 * momentum + client_gradient(w)
        w = w - SERVER_LR * momentum
    return w


def adagrad(w):
    v = TAU**2
    for _ in range(ROUNDS):
        delta = client_gradient(w)
        v = v + delta**2
        w = w - SERVER_LR * delta / np.sqrt(v + TAU**2)
    return w


def adam(w, m=0.0, v=0.0, second=lambda v, square: v - 0.01 * (v - square)):
    for count in range(1, ROUNDS + 1):
        delta = client_gradient(w)
        m = 0.9 * m + 0.1 * delta
        v = second(v, delta**2)
        m_hat, v_hat = m / (1 - 0.9**count), v / (1 - 0.99**count)
        w = w - SERVER_LR * m_hat / (np.sqrt(v_hat) + TAU)
    return w


def yogi(w):
    """Adam with another second moment; optax starts both moments at 1e-6."""
    return adam(w, 1e-6, 1e-6, lambda v, square: v - 0.01 * square * np.sign(v - square))


OPTIMIZERS = {
    sgd: fedopt.FEDAVGM,
    adagrad: fedopt.FEDADAGRAD,
    adam: fedopt.FEDADAM,
    yogi: fedopt.FEDYOGI,
}
every_optimizer = pytest.mark.parametrize("algorithm", OPTIMIZERS)


def start(optimizer):
    """The model, the state and the other arguments of the first round."""
    return W, optimizer(SERVER_LR).init(W), SERVER_LR, CLIENT_LR, X, Y


@every_optimizer
def test_it_is_the_algorithm(algorithm):
    optimizer = OPTIMIZERS[algorithm]
    w, state, *others = start(optimizer)
    for _ in range(ROUNDS):
        _, w, state = fedopt.fedopt_round(w, state, *others, optimizer=optimizer)
    np.testing.assert_allclose(w, algorithm(W), rtol=1e-9)


@every_optimizer
def test_the_derivative_is_jax_s(algorithm):
    optimizer = OPTIMIZERS[algorithm]
    w, state, server_lr, *others = start(optimizer)

    def loss(w, server_lr):
        return fedopt.fedopt_round(w, state, server_lr, *others, optimizer=optimizer)[0]

    _, found = gradient(w, state, server_lr, *others, optimizer=optimizer)
    wanted = jax.grad(loss, (0, 1))(w, server_lr)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9), found, wanted)
