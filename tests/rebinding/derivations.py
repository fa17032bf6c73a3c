"""Random derivations: the options of a transformation, and those of a second one over it."""

from __future__ import annotations

import dataclasses
from random import Random

from fadc.plan.costs import CHOICES

from .programs import RandomProgram

Pairs = tuple[tuple[str, str], ...]

SECOND_ORDER = 0.1
"""How often a derivative is derived again."""


@dataclasses.dataclass(frozen=True)
class Derivation:
    """What `fadc transform` is asked for.

    Attributes:
        wrt: the parameters; None for all of the last derivative that hold only floats.
        result: the `--result` option; a position where the program is a derivative.
        reformats: whether the same is asked of the program formatted otherwise.
        transposes: whether forward and reverse mode are held against each other.
        seed: of tangents and cotangents, and of how the program is formatted otherwise.
        again: what is asked of the derivative, or None.
    """

    mode: str
    wrt: tuple[str, ...] | None
    result: int | str | None = None
    residuals: str = "store"
    checkpoint: int | None = None
    dims: Pairs = ()
    cost: Pairs = ()
    accumulate: Pairs = ()
    reformats: bool = False
    transposes: bool = False
    seed: int = 1
    again: Derivation | None = None

    def __str__(self) -> str:
        """The options as on the command line."""
        words = [f"--mode {self.mode}"]
        if self.wrt is not None:
            words.append(f"--wrt {','.join(self.wrt)}")
        if self.result is not None:
            words.append(f"--result {self.result}")
        if self.residuals != "store":
            words.append(f"--residuals {self.residuals}")
        if self.checkpoint is not None:
            words.append(f"--checkpoint every={self.checkpoint}")
        pairs = (("dim", self.dims), ("cost", self.cost), ("accumulate", self.accumulate))
        words += [f"--{name} {key}={value}" for name, given in pairs for key, value in given]
        return " ".join(words) + (f", then {self.again}" if self.again else "")


def derivation(rng: Random, program: RandomProgram, features: frozenset[str]) -> Derivation:
    """A random derivation of a program."""
    result = None
    if program.results and "result_option" in features and rng.random() < 0.6:
        result = rng.choice(program.results)
    found = _options(rng, features, '"d"' in program.source)
    found = dataclasses.replace(found, wrt=program.wrt, result=result)
    if "second_order" not in features or rng.random() >= SECOND_ORDER:
        return found
    again = _options(rng, features, '"d"' in program.source)
    again = dataclasses.replace(again, result=rng.choice([None, None, 0, 1]))
    return dataclasses.replace(found, again=again)


def _options(rng: Random, features: frozenset[str], shapes: bool) -> Derivation:
    """A mode with the options that it has."""
    mode = rng.choice([m for m in _MODES if m in features] or ["reverse"])
    reformats = "formatting" in features and rng.random() < 0.3
    further = {"reformats": reformats, "transposes": rng.random() < 0.2, "seed": rng.randrange(9)}
    if mode == "forward":
        return Derivation(mode, None, **further)
    policies = ["store", *(name for name in ("recompute", "rebroadcast") if name in features)]
    checkpoint = rng.choice([None, 1, 2]) if "checkpoints" in features else None
    found = Derivation(mode, None, residuals=rng.choice(policies), checkpoint=checkpoint, **further)
    if mode == "reverse" or "plans" not in features:
        return found
    return dataclasses.replace(
        found,
        dims=rng.choice([(), (("d", "3"),), (("d", "1000"),)]) if shapes else (),
        cost=rng.choice([(), (("round", "1000"),), (("up", "5"), ("round", "0"))]),
        accumulate=rng.choice([(), *((("all", choice),) for choice in CHOICES)]),
    )


_MODES = ("forward", "reverse", "reverse", "mixed")
