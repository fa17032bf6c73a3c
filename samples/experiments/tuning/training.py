"""Training with a fixed rate, and training that tunes its rate by the emitted derivatives.

All federated work is done by the programs and by the derivatives that fadc emitted of them. What
stands here is the server: it adapts the rate s of the direction d before it takes the step,

    log s ← log s − κ h / (‖∇F‖ ‖d‖),    h = ∂F(w + s d)/∂s = ⟨∇F, d⟩.

The normalised hypergradient is a cosine, so a hyper-step changes the rate by a factor of e^κ at
most. The logit of the momentum is adapted alike, where the optimizer has one.
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
from samples.experiments.tuning.tasks import EVERY

CLIENTS = ("cohort", "others", "both")
"""Whose loss tunes: that of the round's clients, of as many others, or of all these."""


@dataclass(frozen=True)
class Tuner:
    """How the rate is adapted: `hyper_steps` times a round, each an exchange of its own.

    `loss_on` is one of `CLIENTS`. κ falls with the number t of the round as
    `kappa` / (1 + t / `half_life`); it stays where that is infinite.
    """

    hyper_steps: int = 1
    loss_on: str = "cohort"
    kappa: float = 1.0
    half_life: float = float("inf")


class Server(NamedTuple):
    """What the server keeps from round to round: the model, the optimizer's state, and two rates.

    `rate` is the logarithm of the learning rate, `inertia` the logit of the momentum.
    """

    w: Any
    state: Any
    rate: jax.Array
    inertia: jax.Array

    @property
    def rates(self) -> tuple[jax.Array, jax.Array]:
        """The learning rate and the momentum."""
        return jnp.exp(self.rate), jax.nn.sigmoid(self.inertia)


Round = Callable[[Problem, Server, Draws], Server]


def fixed_round(optimizer: Optimizer) -> Round:
    """A round of plain training."""

    def run(problem: Problem, server: Server, draws: Draws) -> Server:
        delta = mean_update(*_work(problem, server, draws), logits=problem.model.logits)
        return _stepped(server, delta, optimizer)

    return run


def tuned_round(optimizer: Optimizer, tuner: Tuner) -> Round:
    """A round that adapts the rates by their hypergradients before it takes the step."""

    def run(problem: Problem, server: Server, draws: Draws) -> Server:
        kappa = tuner.kappa / (1 + draws.number / tuner.half_life)
        first = _first_on_cohort if tuner.loss_on == "cohort" else _update_alone
        server, delta, left = first(problem, server, draws, optimizer, kappa, tuner.hyper_steps)
        clients = problem.train.at(_clients(draws, tuner.loss_on))

        def hyper_step(server: Server, _: None) -> tuple[Server, None]:
            _, bars = loss_after_step_value_and_grad(
                server.w,
                delta,
                server.state,
                *server.rates,
                *clients,
                problem.model.logits,
                optimizer.update,
            )
            return adapted(server, delta, optimizer, bars, kappa), None

        server, _ = jax.lax.scan(hyper_step, server, None, length=left)
        return _stepped(server, delta, optimizer)

    return run


def _clients(draws: Draws, loss_on: str) -> jax.Array:
    """The numbers of the clients whose loss tunes."""
    both = jnp.concatenate([draws.cohort, draws.others])
    return {"cohort": draws.cohort, "others": draws.others, "both": both}[loss_on]


def _update_alone(
    problem: Problem, server: Server, draws: Draws, optimizer: Optimizer, kappa: Any, steps: int
) -> tuple[Server, Any, int]:
    """The mean update; the loss is others' to tell, so all hyper-steps are left."""
    delta = mean_update(*_work(problem, server, draws), logits=problem.model.logits)
    return server, delta, steps


def _first_on_cohort(
    problem: Problem, server: Server, draws: Draws, optimizer: Optimizer, kappa: Any, steps: int
) -> tuple[Server, Any, int]:
    """The round and its hypergradient from one emitted derivative: a hyper-step less is left."""
    w, client_lr, x, y, count, batches = _work(problem, server, draws)
    (_, (delta,)), (shift_bar, *bars) = fedopt_round_value_and_grad(
        w,
        server.state,
        *server.rates,
        jax.tree.map(jnp.zeros_like, w),
        client_lr,
        x,
        y,
        problem.train.mask[draws.cohort],
        count,
        batches,
        problem.model.logits,
        optimizer.update,
    )
    return adapted(server, delta, optimizer, (shift_bar, *bars), kappa), delta, steps - 1


def _work(problem: Problem, server: Server, draws: Draws) -> tuple[Any, ...]:
    """The arguments of `mean_update`."""
    mine: Arrays = problem.train.at(draws.cohort)
    return server.w, problem.task.client_lr, mine.x, mine.y, mine.count, draws.batches


def _stepped(server: Server, delta: Any, optimizer: Optimizer) -> Server:
    """The server's step, taken."""
    rate, momentum = server.rates
    direction, state = optimizer.update(delta, server.state, momentum)
    w = jax.tree.map(lambda p, d: p + rate * d, server.w, direction)
    return server._replace(w=w, state=state)


def adapted(server: Server, delta: Any, optimizer: Optimizer, bars: Any, kappa: Any) -> Server:
    """The rates after one hyper-step, from the derivatives for the model, the rate, the momentum."""
    gradient, rate_bar, momentum_bar = bars
    rate, momentum = server.rates
    direction, turn = jax.jvp(
        lambda momentum: optimizer.update(delta, server.state, momentum)[0], (momentum,), (1.0,)
    )
    cosine = _cosine(rate_bar, gradient, direction)
    server = server._replace(rate=server.rate - kappa * cosine)
    if optimizer.momentum is None:
        return server
    moved = jax.tree.map(lambda leaf: rate * leaf, turn)
    cosine = _cosine(momentum_bar, gradient, moved)
    return server._replace(inertia=server.inertia - kappa * cosine)


def _cosine(product: jax.Array, left: Any, right: Any) -> jax.Array:
    """⟨left, right⟩ / (‖left‖ ‖right‖); one where it is no number: then the step was too long."""
    cosine = product / (norm(left) * norm(right))
    return jnp.where(jnp.isfinite(cosine), cosine, 1.0)


def inner(left: Any, right: Any) -> jax.Array:
    """The inner product of two pytrees."""
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return jnp.asarray(sum(jnp.vdot(a, b) for a, b in pairs))


def norm(tree: Any) -> jax.Array:
    """The Euclidean length of a pytree, above zero."""
    return jnp.sqrt(inner(tree, tree) + 1e-30)


class Course(NamedTuple):
    """How training went: one number for each evaluation, the first before training."""

    loss: jax.Array
    accuracy: jax.Array
    rate: jax.Array
    momentum: jax.Array


@functools.partial(jax.jit, static_argnames=("optimizer", "run"))
def train(problem: Problem, starts: jax.Array, optimizer: Optimizer, run: Round) -> Course:
    """Trains from every start of the learning rate, (s,), side by side; a course of (s, records)."""
    return jax.vmap(lambda start: _trained(problem, start, optimizer, run))(starts)


def _trained(problem: Problem, start: jax.Array, optimizer: Optimizer, run: Round) -> Course:
    inertia = jax.scipy.special.logit(jnp.asarray(optimizer.momentum or 0.0))
    server = Server(problem.w, optimizer.init(problem.w), jnp.log(start), inertia)
    return course_of(
        problem,
        server,
        lambda server, draws: run(problem, server, draws),
        lambda server: evaluated(problem, server.w, *server.rates),
    )


def course_of(
    problem: Problem,
    server: Any,
    one_round: Callable[[Any, Draws], Any],
    evaluation: Callable[[Any], Course],
) -> Course:
    """All rounds from a server's state on, evaluated before the first and after every `EVERY`."""
    segments = jax.tree.map(lambda part: part.reshape(-1, EVERY, *part.shape[1:]), problem.draws)

    def segment(server: Any, draws: Draws) -> tuple[Any, Course]:
        server, _ = jax.lax.scan(lambda s, drawn: (one_round(s, drawn), None), server, draws)
        return server, evaluation(server)

    _, course = jax.lax.scan(segment, server, segments)
    first = evaluation(server)
    return jax.tree.map(lambda one, rest: jnp.concatenate([one[None], rest]), first, course)


def evaluated(problem: Problem, w: Any, rate: jax.Array, momentum: jax.Array) -> Course:
    """How good a model is on what was held out, beside the rates of the hour."""
    x, y, mask = problem.evaluation
    logits = problem.model.logits(w, x)
    loss = models.cross_entropy(logits, y, mask)
    return Course(loss, models.accuracy(logits, y, mask), rate, momentum)
