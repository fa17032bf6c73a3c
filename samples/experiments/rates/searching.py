"""Ways to set learning rates: a grid, and Adam by the derivative of the loss after training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from samples.experiments.rates.trials import Data, Rates, derived, rates_of, tried

CLIENT_GRID = tuple(10 ** (quarter / 4) for quarter in range(-6, 5))
SERVER_GRID = (0.5, 1.0, 1.5, 2.0)

OUTER_RATE = 0.05


class Learned(NamedTuple):
    """The rates after every step, and the losses before it."""

    rates: list[Rates]
    losses: list[float]


def learn(start: Rates, given: Data, steps: int, seed: int, shared: bool) -> Learned:
    """Adam on the rates; `shared` makes the client's move as one."""
    outer = optax.adam(OUTER_RATE, b2=0.9)
    rates, state, found = start, outer.init(start), Learned([start], [])
    for key in jax.random.split(jax.random.key(seed), steps):
        loss, bars = derived(rates, given, key)
        if shared:
            total = sum(bars.client.values())
            bars = Rates({name: total for name in bars.client}, bars.server)
        bars = jax.tree.map(lambda bar: jnp.nan_to_num(bar, nan=1.0, posinf=1.0, neginf=-1.0), bars)
        update, state = outer.update(bars, state)
        rates = optax.apply_updates(rates, update)
        found.rates.append(rates)
        found.losses.append(float(loss))
    return found


def best_of(points: Sequence[Rates], given: Data, keys: jax.Array) -> Rates:
    """Those with the least judged loss, in the mean over initial models."""
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *points)
    losses, _, _ = jax.vmap(tried, in_axes=(0, None, None))(stacked, given, keys)
    return points[int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))]


def grid() -> list[Rates]:
    """One client rate for all arrays, and a server rate."""
    return [rates_of(client, server) for client in CLIENT_GRID for server in SERVER_GRID]
