"""The server's optimizers, from optax: what each makes of the mean update, a rate left out.

An optimizer is a function (update, state, momentum) → (direction, state); the server's step is
`server_lr` times the direction. The constants are those of Reddi et al. 2021, section 5 (τ = 1e-3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optax

ADAPTIVITY = 1e-3
"""τ of Reddi et al.: what is added to the root of the second moment."""


@dataclass(frozen=True)
class Optimizer:
    """`init(w)` makes the state. `momentum` is where momentum starts; None if there is none."""

    name: str
    init: Callable[[Any], Any]
    update: Callable[[Any, Any, Any], tuple[Any, Any]]
    momentum: float | None = None


def _from_optax(name: str, transformation: optax.GradientTransformation) -> Optimizer:
    def update(delta: Any, state: Any, momentum: Any) -> tuple[Any, Any]:
        return transformation.update(delta, state)

    return Optimizer(name, transformation.init, update)


def _heavy_ball(delta: Any, state: Any, momentum: Any) -> tuple[Any, Any]:
    return optax.trace(momentum).update(delta, state)


OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        _from_optax("fedavg", optax.identity()),
        Optimizer("fedavgm", optax.trace(0.9).init, _heavy_ball, momentum=0.9),
        _from_optax("fedadagrad", optax.scale_by_rss(0.0, ADAPTIVITY)),
        _from_optax("fedadam", optax.scale_by_adam(0.9, 0.99, ADAPTIVITY)),
        _from_optax("fedyogi", optax.scale_by_yogi(0.9, 0.99, ADAPTIVITY)),
    )
}
