"""The harness accepts a right derivative and notices a wrong one.

The derivative is the one that design.md shows for FedAvg, written by hand.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from jax.dtypes import float0

from ..programs.catalogue import PROGRAMS
from . import harness

FEDAVG = next(program for program in PROGRAMS if program.id == "mapped_scan")

HAND_WRITTEN = """

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
) -> tuple[
    fed.Server[Float[Array, ""]],
    tuple[fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]]],
]:
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
"""


def emitted_case(clients: int, derivative: str = HAND_WRITTEN) -> harness.Case:
    """The hand-written derivative as if `transform` had emitted it."""
    primal = harness.primal_case(FEDAVG, clients)
    return harness.reverse_case(primal, primal.text + derivative, seed=1)


@pytest.mark.parametrize("clients", [2, 5])
def test_right_derivative_is_accepted(clients: int) -> None:
    """At every client count, eagerly and under jit."""
    harness.assert_agrees(emitted_case(clients), eager=True)


def test_references_nest() -> None:
    """The reference of a derivative can be differentiated again, in both modes."""
    first = emitted_case(2)
    first = dataclasses.replace(first, wrt=first.wrt_and_seeds)
    forward = harness.forward_case(first, first.text, seed=1)
    reverse = harness.reverse_case(first, first.text, seed=1)
    (out, bars), (out_dot, bars_dot) = harness.run_reference(forward, forward.arguments)
    harness.assert_close((out, bars), harness.run_eagerly(first, first.arguments), "primal")
    _, again = harness.run_reference(reverse, reverse.arguments)
    left = harness.inner_product((out_dot, bars_dot), reverse.arguments["out_bar_2"])
    right = harness.inner_product([forward.arguments[name] for name in forward.seeds], again)
    np.testing.assert_allclose(left, right, rtol=1e-9)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("mean_delta_bar / fed.num_clients()", "mean_delta_bar"),
        ("w_bar = w_bar + fed.sum(", "w_bar = fed.sum("),
        ("(w_bar, server_lr_bar)", "(w_bar, server_lr_bar[None])"),
        ("(w_bar, server_lr_bar)", "[w_bar, server_lr_bar]"),
        ("return out,", "return out * (1 + 1e-8),"),
    ],
)
def test_wrong_derivative_is_noticed(right: str, wrong: str) -> None:
    """A wrong scale, a lost cotangent, a wrong shape, a wrong container, a wrong primal."""
    assert right in HAND_WRITTEN
    with pytest.raises(AssertionError):
        harness.assert_agrees(emitted_case(2, HAND_WRITTEN.replace(right, wrong)))


def test_integer_leaves_have_float0_tangents() -> None:
    """As in JAX."""
    tangent = harness.random_tangent(
        {"w": jnp.ones(2), "n": jnp.arange(3)}, np.random.default_rng()
    )
    assert tangent["n"].dtype == float0
    assert tangent["n"].shape == (3,)
    assert tangent["w"].dtype == jnp.float64
