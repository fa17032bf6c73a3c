"""Training with a fixed rate, and training that tunes its rate by the emitted derivatives.

All federated work is done by the programs and by the derivatives that fadc emitted of them. What
stands here is the server: it takes the step, and adapts the rate by

    log s ← log s − κ h / (‖∇F‖ ‖d‖),    h = ∂F(w + s d)/∂s = ⟨∇F, d⟩,

before the step is taken. The normalised hypergradient is a cosine, so that a round changes the rate
by at most a factor of e^κ.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from samples.experiments import models
from samples.experiments.derivatives.fedopt_round import fedopt_round_value_and_grad
from samples.experiments.derivatives.loss_after_step import loss_after_step_value_and_grad
from samples.experiments.programs.fedopt_round import mean_update
from samples.experiments.tuning.optimizers import Optimizer
from samples.experiments.tuning.problem import Arrays, Draws, Problem


@dataclass(frozen=True)
class Tuner:
    """How the rate is adapted: `hyper_steps` times a round, each an exchange of its own.

    The loss is that of the cohort or, if `fresh`, of as many other clients. κ falls with the round
    number t as `kappa` / (1 + t / `half_life`), and stays where `half_life` is infinite.
    """

    hyper_steps: int = 1
    fresh: bool = False
    kappa: float = 1.0
    half_life: float = float("inf")


class Server(NamedTuple):
    """What the server keeps from round to round; `rate` is the logarithm of the learning rate."""

    w: Any
    state: Any
    rate: jax.Array
    momentum: jax.Array


Round = Callable[[Problem, Server, Draws], Server]


def fixed_round(optimizer: Optimizer) -> Round:
    """A round of plain training."""

    def run(problem: Problem, server: Server, draws: Draws) -> Server:
        delta = mean_update(*_work(problem, server, draws), logits=problem.model.logits)
        return _stepped(server, delta, optimizer)

    return run


def tuned_round(optimizer: Optimizer, tuner: Tuner) -> Round:
    """A round that adapts the rate by the hypergradient before it takes the step."""

    def run(problem: Problem, server: Server, draws: Draws) -> Server:
        logits = problem.model.logits
        kappa = tuner.kappa / (1 + draws.number / tuner.half_life)
        work = _work(problem, server, draws)
        left = tuner.hyper_steps
        if tuner.fresh:
            clients = problem.train.at(draws.others)
            delta = mean_update(*work, logits=logits)
        else:
            clients = problem.train.at(draws.cohort)
            w, lr, x, y, count, batches = work
            shift = jax.tree.map(jnp.zeros_like, w)
            rates = jnp.exp(server.rate), server.momentum
            mine = x, y, clients.mask, count, batches
            (_, (delta,)), bars = fedopt_round_value_and_grad(
                w, server.state, *rates, shift, lr, *mine, logits, optimizer.update
            )
            server = _adapted(server, delta, optimizer, bars, kappa)
            left -= 1

        def once_more(server: Server, _: None) -> tuple[Server, None]:
            rates = jnp.exp(server.rate), server.momentum
            _, bars = loss_after_step_value_and_grad(
                server.w, delta, server.state, *rates, *clients, logits, optimizer.update
            )
            return _adapted(server, delta, optimizer, bars, kappa), None

        server, _ = jax.lax.scan(once_more, server, None, length=left)
        return _stepped(server, delta, optimizer)

    return run


def _work(problem: Problem, server: Server, draws: Draws) -> tuple[Any, ...]:
    """The arguments of `mean_update`."""
    mine: Arrays = problem.train.at(draws.cohort)
    return server.w, problem.task.client_lr, mine.x, mine.y, mine.count, draws.batches


def _stepped(server: Server, delta: Any, optimizer: Optimizer) -> Server:
    """The server's step, taken."""
    direction, state = optimizer.update(delta, server.state, server.momentum)
    rate = jnp.exp(server.rate)
    w = jax.tree.map(lambda p, d: p + rate * d, server.w, direction)
    return server._replace(w=w, state=state)


def _adapted(server: Server, delta: Any, optimizer: Optimizer, bars: Any, kappa: Any) -> Server:
    """The rate after one hyper-step; where the loss is not finite, the rate was too large."""
    gradient, rate_bar, _ = bars
    direction, _ = optimizer.update(delta, server.state, server.momentum)
    cosine = rate_bar / (_norm(gradient) * _norm(direction))
    cosine = jnp.where(jnp.isfinite(cosine), cosine, 1.0)
    return server._replace(rate=server.rate - kappa * cosine)


def _norm(tree: Any) -> jax.Array:
    """The Euclidean length of a pytree, above zero."""
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)) + 1e-30)


class Course(NamedTuple):
    """How training went: one number for each evaluation, the first before training."""

    loss: jax.Array
    accuracy: jax.Array
    rate: jax.Array


@functools.partial(jax.jit, static_argnames=("optimizer", "run"))
def train(problem: Problem, starts: jax.Array, optimizer: Optimizer, run: Round) -> Course:
    """Trains from every start of the learning rate, (s,), side by side; a course of (s, records)."""
    return jax.vmap(lambda start: _trained(problem, start, optimizer, run))(starts)


def _trained(problem: Problem, start: jax.Array, optimizer: Optimizer, run: Round) -> Course:
    every = problem.task.every
    segments = jax.tree.map(lambda part: part.reshape(-1, every, *part.shape[1:]), problem.draws)

    def one_round(server: Server, draws: Draws) -> tuple[Server, None]:
        return run(problem, server, draws), None

    def segment(server: Server, draws: Draws) -> tuple[Server, Course]:
        server, _ = jax.lax.scan(one_round, server, draws)
        return server, _evaluated(problem, server)

    momentum = jnp.asarray(optimizer.momentum or 0.0)
    server = Server(problem.w, optimizer.init(problem.w), jnp.log(start), momentum)
    _, course = jax.lax.scan(segment, server, segments)
    first = _evaluated(problem, server)
    return jax.tree.map(lambda one, rest: jnp.concatenate([one[None], rest]), first, course)


def _evaluated(problem: Problem, server: Server) -> Course:
    x, y, mask = problem.evaluation
    logits = problem.model.logits(server.w, x)
    loss = models.cross_entropy(logits, y, mask)
    return Course(loss, models.accuracy(logits, y, mask), jnp.exp(server.rate))
