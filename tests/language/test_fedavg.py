"""The example of language.md, and its derivative of design.md written by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, x, y):
    def step(w, _):
        return w - lr * jax.grad(client_loss)(w, x, y), None

    w_final, _ = jax.lax.scan(step, w, None, length=5)
    return w - w_final


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """One round of FedAvg, then the clients' mean loss at the new model."""
    w_at_clients = fed.broadcast(w)
    lr_at_clients = fed.broadcast(client_lr)
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y)
    w_next = w - server_lr * fed.mean(delta)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y)
    return fed.mean(losses)


def client_update_vjp(w, lr, x, y):
    return jax.vjp(lambda w: client_update(w, lr, x, y), w)


def client_loss_vjp(w, x, y):
    return jax.vjp(lambda w: client_loss(w, x, y), w)


@fed.computation
def fedavg_round_vjp(
    w: fed.Server[Float[Array, "d"]],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    *,
    out_bar: fed.Server[Float[Array, ""]],
):
    # Primal sweep.
    w_at_clients, lr_at_clients = fed.broadcast((w, client_lr))
    delta, delta_pullback = fed.map(client_update_vjp, w_at_clients, lr_at_clients, x, y)
    mean_delta = fed.mean(delta)
    w_next, w_next_pullback = jax.vjp(
        lambda w, server_lr, mean_delta: w - server_lr * mean_delta, w, server_lr, mean_delta
    )
    losses, losses_pullback = fed.map(client_loss_vjp, fed.broadcast(w_next), x, y)
    out = fed.mean(losses)

    # Reverse sweep.
    losses_bar = fed.broadcast(out_bar / fed.num_clients())
    (w_next_at_clients_bar,) = fed.map(fed.pull, losses_pullback, losses_bar)
    w_next_bar = fed.sum(w_next_at_clients_bar)
    w_bar, server_lr_bar, mean_delta_bar = w_next_pullback(w_next_bar)
    delta_bar = fed.broadcast(mean_delta_bar / fed.num_clients())
    (w_at_clients_bar,) = fed.map(fed.pull, delta_pullback, delta_bar)
    w_bar = w_bar + fed.sum(w_at_clients_bar)
    return out, (w_bar, server_lr_bar)


def arguments(n, d=4):
    rng = np.random.default_rng(n)
    w, x, y = rng.normal(size=d), rng.normal(size=(n, 6, d)), rng.normal(size=(n, 6))
    return jnp.array(w), jnp.array(0.05), jnp.array(0.7), jnp.array(x), jnp.array(y)


def reference(args):
    """The value and gradient by `jax.vjp` of the primal, jitted: XLA compiles once."""
    return jax.jit(jax.value_and_grad(fedavg_round, argnums=(0, 2)))(*args)


@pytest.mark.parametrize("n", [2, 5])
def test_hand_written_derivative_equals_jax(n):
    args = arguments(n)
    run = fedavg_round_vjp if n == 2 else jax.jit(fedavg_round_vjp)
    got, expected = run(*args, out_bar=1.0), reference(args)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert np.allclose(a, b, rtol=1e-12)


def test_hand_written_derivative_costs_what_jax_costs():
    args = arguments(8, 200)
    by_hand = jax.jit(lambda *args: fedavg_round_vjp(*args, out_bar=1.0))
    by_jax = jax.jit(jax.value_and_grad(fedavg_round, argnums=(0, 2)))
    ours, theirs = (f.lower(*args).compile().cost_analysis() for f in (by_hand, by_jax))
    assert ours["flops"] <= 1.01 * theirs["flops"]
    assert ours["bytes accessed"] <= 1.05 * theirs["bytes accessed"]


def test_second_derivatives_equal_jax():
    args = arguments(3)

    def by_hand(w):
        return fedavg_round_vjp(w, *args[1:], out_bar=1.0)[1][0]

    def by_jax(w):
        return jax.grad(fedavg_round)(w, *args[1:])

    v = jnp.arange(4.0)
    expected = jax.jit(lambda v: jax.jvp(by_jax, args[:1], (v,))[1])(v)
    forward = jax.jit(lambda v: jax.jvp(by_hand, args[:1], (v,))[1])(v)
    (reverse,) = jax.jit(lambda v: jax.vjp(by_hand, args[0])[1](v))(v)
    assert np.allclose(forward, expected, rtol=1e-10)
    assert np.allclose(reverse, expected, rtol=1e-10)


def test_it_runs_over_hyper_parameters():
    w, client_lr, _, x, y = arguments(3)
    rates = jnp.array([0.0, 0.5, 1.0])
    over_rates = jax.jit(jax.vmap(fedavg_round, in_axes=(None, None, 0, None, None)))
    got = over_rates(w, client_lr, rates, x, y)
    expected = [jax.jit(fedavg_round)(w, client_lr, rate, x, y) for rate in rates]
    assert np.allclose(got, expected)
