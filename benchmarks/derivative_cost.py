"""The cost of emitted derivatives compared with JAX's own, compiled by XLA.

For each sample, at 200 parameters or more and 8 clients: the floating-point operations and the bytes
accessed (`cost_analysis`) and the temporary memory (`memory_analysis`) of `NAME_value_and_grad`
(residuals stored), each as a ratio to `jax.value_and_grad` of the primal.

    python benchmarks/derivative_cost.py

Exits with 1 if a ratio is above its limit.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).parent.parent))

import jax

import fadc
from tests.correctness.harness import source_case
from tests.samples import SAMPLES, Sample

LIMITS = {"flops": 1.01, "bytes": 1.05, "temporary": 1.05}
CLIENTS = 8
LINEAR = {"d": 200, "n": 32, "m": 16}
SIZES = {"fedavg_mlp": {"d": 20, "h": 10, "n": 32}}


def main() -> int:
    """Prints the table; returns 1 if a ratio is above its limit."""
    print(f"{'sample':<28}{'parameters':>11}" + "".join(f"{name:>11}" for name in LIMITS))
    failed = False
    for sample in SAMPLES:
        arguments = sample.arguments(CLIENTS, SIZES.get(sample.name, LINEAR))
        found = ratios(sample, arguments)
        above = [name for name, limit in LIMITS.items() if found[name] > limit]
        failed |= bool(above)
        numbers = "".join(f"{ratio:>11.4f}" for ratio in found.values())
        note = f"  above the limit: {', '.join(above)}" if above else ""
        print(f"{sample.name:<28}{_parameters(sample, arguments):>11}{numbers}{note}")
    print(f"{'limits':<39}" + "".join(f"{limit:>11}" for limit in LIMITS.values()))
    return int(failed)


def ratios(sample: Sample, arguments: dict[str, Any]) -> dict[str, float]:
    """The costs of fadc's derivative divided by JAX's."""
    ours, theirs = cost(emitted(sample), arguments), cost(by_jax(sample), arguments)
    return {name: _ratio(ours[name], theirs[name]) for name in LIMITS}


def emitted(sample: Sample) -> Callable[..., Any]:
    """`NAME_value_and_grad`."""
    case = source_case(sample.source, sample.of, {}, wrt=sample.wrt)
    return fadc.value_and_grad(case.function, wrt=sample.wrt, result=sample.result)


def by_jax(sample: Sample) -> Callable[..., Any]:
    """The same values and gradients, by JAX."""
    case = source_case(sample.source, sample.of, {}, wrt=sample.wrt, result=sample.result)

    def value_and_grad(**arguments: Any) -> Any:
        def of_wrt(*values: Any) -> Any:
            return case.reference(**{**arguments, **dict(zip(sample.wrt, values, strict=True))})

        numbers, point = range(len(sample.wrt)), [arguments[name] for name in sample.wrt]
        return jax.value_and_grad(of_wrt, tuple(numbers), has_aux=case.has_aux)(*point)

    return value_and_grad


def cost(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, float]:
    """The cost of a function by XLA: operations, bytes accessed, and bytes of temporary memory."""
    compiled = jax.jit(lambda given: function(**given)).lower(arguments).compile()
    found = compiled.cost_analysis()
    temporary = compiled.memory_analysis().temp_size_in_bytes
    return {"flops": found["flops"], "bytes": found["bytes accessed"], "temporary": temporary}


def _ratio(ours: float, theirs: float) -> float:
    return 1.0 if ours == theirs else ours / theirs if theirs else float("inf")


def _parameters(sample: Sample, arguments: dict[str, Any]) -> int:
    """The size of the server's model: all inputs that are neither data nor at the clients."""
    placed = [name for name, spec in sample.specs.items() if "c " not in str(spec)]
    return sum(leaf.size for name in placed for leaf in jax.tree.leaves(arguments[name]))


if __name__ == "__main__":
    sys.exit(main())
