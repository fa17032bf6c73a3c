"""FedPAQ: its quantiser is QSGD's, and its rule is the derivative of the quantiser's mean."""

import jax
import jax.numpy as jnp
import numpy as np

from ..samples import sample

SAMPLE = sample("fedpaq")
fedpaq = SAMPLE.module


def test_a_round_is_the_papers() -> None:
    """x ← x + mean Q(x_τ − x), coordinates of Q being ‖v‖ sign(v) (l or l + 1) / s."""
    arguments = SAMPLE.arguments(3)
    updates = []
    for key, x, y in zip(arguments["key"], *map(np.asarray, (arguments["x"], arguments["y"]))):
        w = np.asarray(arguments["w"])
        for _ in range(fedpaq.LOCAL_STEPS):
            w = w - 0.05 * 2 * x.T @ (x @ w - y) / len(y)
        v = w - np.asarray(arguments["w"])
        draws = np.asarray(jax.random.uniform(key, v.shape))
        ratio = np.abs(v) / np.linalg.norm(v) * fedpaq.LEVELS
        up = draws < ratio - np.floor(ratio)
        updates.append(np.linalg.norm(v) * np.sign(v) * (np.floor(ratio) + up) / fedpaq.LEVELS)
    _, w_next = fedpaq.fedpaq_round(**arguments)
    assert jnp.allclose(w_next, arguments["w"] + np.mean(updates, axis=0), atol=1e-12)


def test_the_rule_is_the_derivative_of_the_mean() -> None:
    """The mean over even draws is the identity, whose pullback is the rule; the function's is not."""
    v = jnp.array([0.3, -1.1, 0.0, 0.7])
    draws = jnp.broadcast_to((jnp.arange(4000) + 0.5)[:, None] / 4000, (4000, 4))
    mean = lambda f: lambda v: jax.vmap(f, (None, 0))(v, draws).mean(0)
    assert jnp.allclose(mean(fedpaq.quantised)(v), v, atol=1e-3)
    assert jnp.allclose(jax.jacrev(mean(fedpaq.quantised))(v), jnp.eye(4), atol=1e-12)
    assert not jnp.allclose(jax.jacrev(mean(fedpaq.rounded))(v), jnp.eye(4), atol=0.1)


def test_an_update_that_is_zero_stays_zero() -> None:
    zero = jnp.zeros(4)
    assert jnp.array_equal(fedpaq.quantised(zero, jnp.full(4, 0.3)), zero)
