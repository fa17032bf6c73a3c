"""Many random programs, each with some derivations, in several processes."""

from __future__ import annotations

import collections
import dataclasses
import multiprocessing
import time
import warnings
from collections.abc import Iterator
from random import Random

from .derivations import derivation
from .examination import NO_PROGRAM, REFUSED, Failure, examine, fault_of_program
from .features import EVERYTHING
from .programs import program
from .shrinking import Failing, shrunk

CHUNK = 25
"""How many programs a process is given at once."""

LIFETIME = 8
"""How many times, before another takes its place: JAX keeps all that it has compiled."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What one process does at once.

    Attributes:
        derivations: how many of each program are examined.
        refusals: whether programs that run and that the check refuses are failures.
        shrinking: for how many seconds a failure may be made smaller.
        known: the kinds of failures that have been made smaller already.
    """

    seeds: range
    features: frozenset[str] = EVERYTHING
    derivations: int = 1
    refusals: bool = False
    shrinking: float = 60.0
    known: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of some seeds.

    Attributes:
        counts: by what became of each derivation: `right`, why it was refused, or `failed`.
        failures: the seed and the failure, smaller where its kind is new.
    """

    counts: collections.Counter[str]
    failures: list[tuple[int, Failing]]


def run(task: Task) -> Outcome:
    """Examines the programs of these seeds."""
    outcome = Outcome(collections.Counter(), [])
    known = set(task.known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in task.seeds:
            for failing in _failing(seed, task, outcome.counts):
                kind = failing.failure.kind
                new = kind not in known
                known.add(kind)
                outcome.failures.append((seed, shrunk(failing, task.shrinking) if new else failing))
    return outcome


def _failing(seed: int, task: Task, counts: collections.Counter[str]) -> Iterator[Failing]:
    """The failures of one program."""
    found = program(seed, task.features)
    fault = fault_of_program(found)
    if fault is not None or not found.wrt:
        counts["no program"] += 1
        if fault is not None and _counts(fault, task):
            yield Failing(found, None, fault)
        return
    counts["programs"] += 1
    rng = Random(f"derivations of {seed}")
    for _ in range(task.derivations):
        asked = derivation(rng, found, task.features)
        verdict = examine(found, asked)
        if isinstance(verdict, Failure):
            counts["failed"] += 1
            yield Failing(found, asked, verdict)
        else:
            counts["right" if verdict is None else f"refused: {verdict.reason}"] += 1


def _counts(fault: Failure, task: Task) -> bool:
    """Whether it is fadc's fault, not the generator's, that something is no program."""
    if fault.kind == NO_PROGRAM:
        return False
    return task.refusals or not fault.kind.startswith(REFUSED)


def run_all(task: Task, jobs: int) -> Iterator[Outcome]:
    """The outcomes of a task that is divided among processes, as they come."""
    chunks = [task.seeds[start : start + CHUNK] for start in range(0, len(task.seeds), CHUNK)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, _set_up, maxtasksperchild=LIFETIME) as pool:
        known = task.known
        waiting = collections.deque(chunks)
        running: list[multiprocessing.pool.AsyncResult[Outcome]] = []
        while waiting or running:
            while waiting and len(running) < jobs:
                part = dataclasses.replace(task, seeds=waiting.popleft(), known=known)
                running.append(pool.apply_async(run, (part,)))
            done = [each for each in running if each.ready()]
            running = [each for each in running if each not in done]
            for each in done:
                outcome = each.get()
                known |= {failing.failure.kind for _, failing in outcome.failures}
                yield outcome
            time.sleep(0.0 if done else 0.1)


def _set_up() -> None:
    """Double precision, as in all tests."""
    import jax

    jax.config.update("jax_enable_x64", True)
