"""FedNest against FedInn of Tarzanagh et al. (2022), and against the implicit hypergradient."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

import fadc as fed

from ..samples import sample

SAMPLE = sample("fednest")
fednest = SAMPLE.module
DATA = "x", "labels", "x_held_out", "labels_held_out"


def gradient(w, offset, x, labels):
    logits = x @ w + offset
    p = np.exp(logits - logits.max(1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    return x.T @ (p - np.eye(w.shape[1])[labels]) / len(x) + 0.02 * w


def test_the_rounds_are_the_papers() -> None:
    arguments = SAMPLE.arguments(3)
    x, labels = (np.asarray(arguments[name]) for name in DATA[:2])
    w, offset = np.asarray(arguments["w"]), np.asarray(arguments["offset"])
    for _ in range(2):
        data = list(zip(x, labels, strict=True))
        mean = np.mean([gradient(w, offset, *each) for each in data], axis=0)
        ends = []
        for each in data:
            local = w
            for _ in range(fednest.LOCAL_STEPS):
                corrected = gradient(local, offset, *each) - gradient(w, offset, *each) + mean
                local = local - 0.5 * corrected
            ends.append(local)
        w = np.mean(ends, axis=0)
    _, w_next = fednest.upper_objective(**arguments, rounds=2)
    assert jnp.allclose(w_next, w, atol=1e-12)


def test_the_hypergradient_is_a_series_of_the_implicit_one() -> None:
    """−∇²_xy g (∇²_yy g)⁻¹ ∇_y f is Σ Bᵀ (Mᵀ)ᵗ ∇_y f at the solution, and each round gives a term.

    M and B are the Jacobians of one round for the model and for the offset.
    """
    arguments = SAMPLE.arguments(3)
    offset = arguments["offset"]

    def lower(w, offset):
        losses = jax.vmap(fednest.lower_loss, (None, None, 0, 0))
        return losses(w, offset, arguments["x"], arguments["labels"]).mean()

    def newton(w, _):
        hessian = jax.hessian(lower)(w, offset).reshape(w.size, w.size)
        step = jnp.linalg.solve(hessian, jax.grad(lower)(w, offset).ravel())
        return w - step.reshape(w.shape), None

    w, _ = jax.jit(lambda w: jax.lax.scan(newton, w, None, length=20))(jnp.zeros((4, 3)))
    hessian = jax.jit(jax.hessian(lower))(w, offset).reshape(12, 12)
    cross = jax.jit(jax.jacobian(jax.grad(lower), 1))(w, offset).reshape(12, 3)

    rounds = functools.partial(
        fed.value_and_grad(fednest.upper_objective, wrt="offset,w", result="loss"),
        lr=0.5,
        **{name: arguments[name] for name in DATA},
    )
    _, (_, upper) = rounds(offset=offset, w=w, rounds=0)
    implicit = -cross.T @ jnp.linalg.solve(hessian, upper.ravel())

    def one_round(offset, w):
        return fednest.upper_objective(**{**arguments, "offset": offset, "w": w}, rounds=1)[1]

    by_offset, by_w = jax.jit(jax.jacobian(one_round, (0, 1)))(offset, w)
    b, m = by_offset.reshape(12, 3), by_w.reshape(12, 12)
    assert jnp.allclose(b.T @ jnp.linalg.solve(jnp.eye(12) - m.T, upper.ravel()), implicit)

    _, (offset_bar, _) = jax.jit(functools.partial(rounds, rounds=3))(offset=offset, w=w)
    terms = [b.T @ jnp.linalg.matrix_power(m.T, t) @ upper.ravel() for t in range(3)]
    assert jnp.allclose(offset_bar, sum(terms), atol=1e-12)
