"""fadc: a source-to-source compiler for federated automatic differentiation.

Programs write `import fadc as fed` and use the federated language: placements, `computation`, the
primitives and the local functions of emitted programs. Tools use `check` and `transform`.

Every public name is resolved on first use (PEP 562), so `import fadc` alone does not import JAX,
and the commands that only read text start fast.
"""

import importlib

TYPE_CHECKING = False  # As type checkers know it; importing `typing` for it would take longer.

if TYPE_CHECKING:
    from fadc import engines as engines
    from fadc.api import (
        Transformed,
        check,
        jvp,
        transform,
        value_and_grad,
        vjp,
    )
    from fadc.diagnostics import Diagnostic
    from fadc.engines import use_engine
    from fadc.errors import TransformError, UsageError
    from fadc.language import (
        Clients,
        Server,
        add,
        aggregator,
        basis,
        broadcast,
        cast_like,
        computation,
        contract,
        divide,
        gradient,
        jacobian,
        map,
        mean,
        num_clients,
        pull,
        push,
        scale,
        scale_gradient,
        sum,
        vdot,
        weighted_mean,
        zeros_along,
        zeros_like,
    )

__version__ = "0.1.0"

__all__ = [
    "Clients",
    "Diagnostic",
    "Server",
    "TransformError",
    "Transformed",
    "UsageError",
    "add",
    "aggregator",
    "basis",
    "broadcast",
    "cast_like",
    "check",
    "computation",
    "contract",
    "divide",
    "gradient",
    "jacobian",
    "jvp",
    "map",
    "mean",
    "num_clients",
    "pull",
    "push",
    "scale",
    "scale_gradient",
    "sum",
    "transform",
    "use_engine",
    "value_and_grad",
    "vdot",
    "vjp",
    "weighted_mean",
    "zeros_along",
    "zeros_like",
]

_HOMES = {
    "Diagnostic": "fadc.diagnostics",
    "TransformError": "fadc.errors",
    "Transformed": "fadc.api",
    "UsageError": "fadc.errors",
    "check": "fadc.api",
    "jvp": "fadc.api",
    "transform": "fadc.api",
    "use_engine": "fadc.engines",
    "value_and_grad": "fadc.api",
    "vjp": "fadc.api",
}


def __getattr__(name: str) -> object:
    """Import the public `name` from the module that defines it, and remember it."""
    if name == "engines":
        return importlib.import_module("fadc.engines")
    if name not in __all__:
        raise AttributeError(f"module 'fadc' has no attribute {name!r}", name=name)
    value = getattr(importlib.import_module(_HOMES.get(name, "fadc.language")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, whether or not they have been used yet."""
    return sorted({*globals(), *__all__})
