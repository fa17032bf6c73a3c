"""Training that tunes its rate by derivatives which travel in plain training's own messages.

Round t takes the last round's step, w ← w + s d, and its clients report the loss there before they
train (`stepped_round`). With the loss comes its derivative for the rates of all past steps,

    h = ∂F/∂s = ⟨∇F, w_dot⟩,    w_dot ← γ w_dot + d,

where the tangent w_dot carries the past on: with γ = 1 it is that of one rate for all steps, their
directions given; γ < 1 forgets. That F is a new cohort's each time makes a single cosine noisy, and the
tangent averages the noise out. The rate follows as in `training`,

    log s ← log s − κ h / (‖∇F‖ ‖w_dot‖),

and there are two ways to have h:

* by gradient (mixed mode): the clients send ∇F up beside their updates, and ‖∇F‖ is known;
* by tangent (forward mode): the server sends w_dot down beside w, and one number comes up. ‖∇F‖ is
  not known; ‖Δ‖ / (η K) stands for it, the length of a mean local step, and the quotient is clipped.

Neither takes an exchange more than plain training does.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from samples.experiments.derivatives.stepped_round_gradient import stepped_round_value_and_grad
from samples.experiments.derivatives.stepped_round_tangent import stepped_round_jvp
from samples.experiments.programs.stepped_round import stepped_round
from samples.experiments.report import Traffic
from samples.experiments.tuning.optimizers import Optimizer
from samples.experiments.tuning.problem import Draws, Problem
from samples.experiments.tuning.traffic import sent
from samples.experiments.tuning.training import Course, course_of, evaluated, inner, norm

By = Literal["gradient", "tangent", "update"]


@dataclass(frozen=True)
class Carried:
    """How the rate is adapted.

    `by` says what carries the hypergradient; `update` is a yardstick without any derivative, for
    which −Δ stands for ∇F. `discount` is γ. κ falls with the round number t as `kappa` / (1 + t /
    `half_life`). A step is taken back whose loss is not finite, or above `patience` times the loss
    before training with a slope that says that a shorter step had done better: the next round tries it
    again at a quarter of the rate, and the tangent forgets the past, so that its slope is this step's.
    """

    by: By
    discount: float = 0.9
    kappa: float = 1.0
    half_life: float = float("inf")
    patience: float = 1.2


class Server(NamedTuple):
    """What the server keeps: the step from `w` along `direction` is decided on, not yet taken.

    `w_dot` is the tangent of `w`, `rate` the logarithm of the rate, `bound` the loss above which a
    step is taken back.
    """

    w: Any
    direction: Any
    w_dot: Any
    state: Any
    rate: jax.Array
    bound: jax.Array


class Answer(NamedTuple):
    """What the clients' answers amount to: the loss at `w_next`, their mean update, and a slope.

    `slope` is h, and `gradient` the length of ∇F or what stands for it.
    """

    loss: jax.Array
    w_next: Any
    delta: Any
    slope: jax.Array
    gradient: jax.Array


def answer(problem: Problem, server: Server, draws: Draws, tuner: Carried) -> Answer:
    """The exchange with the clients, one and the same as in plain training."""
    task, mine = problem.task, problem.train.at(draws.cohort)
    point = server.w, server.direction, jnp.exp(server.rate), task.client_lr
    arguments = (*point, *mine, draws.batches, problem.model.logits)
    past = jax.tree.map(lambda dot: tuner.discount * dot, server.w_dot)
    if tuner.by == "gradient":
        (loss, (w_next, delta)), (gradient, rate_bar) = stepped_round_value_and_grad(*arguments)
        return Answer(loss, w_next, delta, rate_bar + inner(gradient, past), norm(gradient))
    if tuner.by == "tangent":
        loss, slope, (w_next, delta) = stepped_round_jvp(*arguments, w_dot=past, server_lr_dot=1.0)
        return Answer(loss, w_next, delta, slope, norm(delta) / (task.client_lr * task.steps))
    loss, w_next, delta = stepped_round(*arguments)
    slope = -inner(delta, _tangent(server, tuner))
    return Answer(loss, w_next, delta, slope, norm(delta))


def traffic(problem: Problem, optimizer: Optimizer, tuner: Carried) -> Traffic:
    """What one client sends and receives in a round; nothing is computed."""
    server = begin(problem, optimizer, jnp.asarray(1.0))
    first = jax.tree.map(lambda part: part[0], problem.draws)
    return sent(functools.partial(answer, tuner=tuner), problem, server, first)


def carried_round(
    problem: Problem, server: Server, draws: Draws, optimizer: Optimizer, tuner: Carried
) -> Server:
    """A round: the last step is taken, or taken back, and the next one decided on."""
    got = answer(problem, server, draws, tuner)
    first = draws.number == 0
    w_dot = _tangent(server, tuner)
    cosine = jnp.clip(got.slope / (got.gradient * norm(w_dot)), -1.0, 1.0)
    kappa = tuner.kappa / (1 + draws.number / tuner.half_life)
    momentum = jnp.asarray(optimizer.momentum or 0.0)
    direction, state = optimizer.update(got.delta, server.state, momentum)
    bound = jnp.where(first, tuner.patience * got.loss, server.bound)
    rate = server.rate - kappa * jnp.where(first, 0.0, cosine)
    taken = Server(got.w_next, direction, w_dot, state, rate, bound)
    finite = jnp.isfinite(got.loss) & jnp.isfinite(norm(got.delta)) & jnp.isfinite(cosine)
    nothing = jax.tree.map(jnp.zeros_like, server.w_dot)
    back = server._replace(rate=server.rate - jnp.log(4.0), w_dot=nothing)
    good = finite & (first | (got.loss <= server.bound) | (cosine < 0.0))
    return jax.tree.map(lambda new, old: jnp.where(good, new, old), taken, back)


@functools.partial(jax.jit, static_argnames=("optimizer", "tuner"))
def train(problem: Problem, starts: jax.Array, optimizer: Optimizer, tuner: Carried) -> Course:
    """Trains from every start of the learning rate, (s,), side by side; a course of (s, records)."""
    return jax.vmap(lambda start: _trained(problem, start, optimizer, tuner))(starts)


def _trained(problem: Problem, start: jax.Array, optimizer: Optimizer, tuner: Carried) -> Course:
    return course_of(
        problem,
        begin(problem, optimizer, start),
        lambda server, draws: carried_round(problem, server, draws, optimizer, tuner),
        lambda server: _evaluated(problem, server, optimizer),
    )


def begin(problem: Problem, optimizer: Optimizer, start: jax.Array) -> Server:
    """The server before training: its first step goes nowhere."""
    zeros = jax.tree.map(jnp.zeros_like, problem.w)
    none = jnp.asarray(jnp.inf)
    return Server(problem.w, zeros, zeros, optimizer.init(problem.w), jnp.log(start), none)


def _evaluated(problem: Problem, server: Server, optimizer: Optimizer) -> Course:
    """The model with the step that is decided on, as plain training has it after as many rounds."""
    rate, momentum = jnp.exp(server.rate), jnp.asarray(optimizer.momentum or 0.0)
    w = jax.tree.map(lambda p, d: p + rate * d, server.w, server.direction)
    return evaluated(problem, w, rate, momentum)


def _tangent(server: Server, tuner: Carried) -> Any:
    """The tangent of the model that the clients get."""
    return jax.tree.map(lambda p, d: tuner.discount * p + d, server.w_dot, server.direction)
