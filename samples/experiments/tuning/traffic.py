"""What a round sends, counted by the recording engine: of plain training and of the derivatives."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

import fadc as fed
from fadc.engines import record
from samples.experiments.derivatives import fedopt_round as emitted
from samples.experiments.derivatives import loss_after_step as emitted_step
from samples.experiments.programs import fedopt_round as program
from samples.experiments.report import Traffic
from samples.experiments.tuning.optimizers import Optimizer
from samples.experiments.tuning.problem import Problem
from samples.experiments.tuning.tasks import Task
from samples.experiments.tuning.training import Tuner

WRT = "shift,server_lr,momentum"


def exchanges(problem: Problem, optimizer: Optimizer) -> dict[str, Traffic]:
    """What one client sends and receives in a round of each kind; nothing is computed.

    `plain` is training alone, `mixed` the committed derivative of the round and of the loss after
    it, `reverse` and `forward` (for one rate) the same in other modes, and `hyper-step` a further
    hyper-step.
    """
    mine = problem.train.at(problem.draws.cohort[0])
    batches, lr = problem.draws.batches[0], jnp.asarray(problem.task.client_lr)
    logits, update = problem.model.logits, optimizer.update
    w, state = problem.w, optimizer.init(problem.w)
    rates = (jnp.asarray(1.0), jnp.asarray(0.0))
    shift = jax.tree.map(jnp.zeros_like, w)
    work = (mine.x, mine.y, mine.count, batches)
    data = (mine.x, mine.y, mine.mask, mine.count)

    def a_round(function: Callable[..., Any], **dots: Any) -> Traffic:
        arguments = (w, state, *rates, shift, lr, *data, batches)
        return sent(lambda *a: function(*a, logits, update, **dots), *arguments)

    reverse = fed.value_and_grad(program.fedopt_round, wrt=WRT, result="loss")
    forward = fed.jvp(program.fedopt_round, wrt="server_lr", result="loss")
    step = emitted_step.loss_after_step_value_and_grad
    return {
        "plain": sent(lambda *a: program.mean_update(*a, logits), w, lr, *work),
        "mixed": a_round(emitted.fedopt_round_value_and_grad),
        "reverse": a_round(reverse),
        "forward": a_round(forward, server_lr_dot=jnp.asarray(1.0)),
        "hyper-step": sent(lambda *a: step(*a, logits, update), w, w, state, *rates, *data),
    }


def by_tuner(known: dict[str, Traffic], task: Task, tuner: Tuner | None) -> tuple[Traffic, int]:
    """A round of plain training or of a tuner, out of `exchanges`.

    What it costs one client that takes part in all of it, and in bytes all clients together.
    """
    plain = known["plain"]
    if tuner is None:
        return plain, task.cohort * plain.bytes
    extra = known["hyper-step"] * tuner.hyper_steps
    asked = task.cohort * (2 if tuner.loss_on == "both" else 1)
    return plain + extra, task.cohort * plain.bytes + asked * extra.bytes


def sent(function: Callable[..., Any], *arguments: Any) -> Traffic:
    """The messages of a computation, seen while it is traced."""
    with record() as run:
        jax.eval_shape(function, *arguments)
    return Traffic(run.rounds, run.down, run.up)


def chosen_mode(module: Any = emitted) -> str:
    """What the header of an emitted module says of its mode and of the stages."""
    lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
    header = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    text = "\n".join(header)
    (mode,) = re.findall(r"^(\w+ mode with respect to [^.]*\.)", text, re.MULTILINE)
    stages = [
        " ".join(part.split())
        for part in re.findall(r"^stage \d+.*(?:\n(?!stage ).+)*", text, re.MULTILINE)
    ]
    return "\n".join([mode, *stages])
