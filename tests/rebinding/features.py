"""What random programs and their derivations may use. Each can be switched off.

So one known bug does not hide the next: `--without empty_containers`.
"""

from __future__ import annotations

from collections.abc import Iterable

FEATURES: dict[str, str] = {
    # Control flow and names
    "loops": "for loops of zero to three trips",
    "nested_loops": "loops and branches inside loops",
    "tapes": "lists that one loop fills and others consume",
    "mixed_tapes": "tapes of tuples and dicts of server and client values",
    "client_tapes": "tapes of client values",
    "overwriting_loops": "names that a loop binds to values of other kinds, which it does not read",
    "client_carries": "client values that loops rebind",
    "branches": "if on a static condition",
    "loop_conditions": "conditions on the variable of a loop",
    "branch_names": "names of one branch, used later under the same condition",
    "branch_names_in_loops": "loops that rebind such a name",
    "target_names": "loop variables that rebind names of the program",
    "placement_changes": "names that change their placement",
    "static_becomes_placed": "carried names that are static before the first trip",
    "choices": "conditional expressions",
    # Values
    "integers": "integer values and leaves",
    "halves": "bfloat16 values",
    "trees": "dicts with an integer leaf",
    "displays": "tuples and dicts of values, taken apart again",
    "empty_containers": "() as a value and as a result",
    "composite_parameters": "parameters that are tuples of several placements",
    "composite_results": "nested results of several placements",
    "static_results": "static numbers among the results",
    "tape_results": "tapes among the results",
    "result_option": "one result differentiated, the others auxiliary",
    "client_wrt": "derivatives by client values",
    # Functions and messages
    "calls": "calls of other computations",
    "rules": "jax.custom_vjp and jax.custom_jvp",
    "objects": "functions and optimizers made of server values",
    "weighted_means": "weighted means, with integer and bfloat16 weights too",
    "mechanisms": "declared aggregators",
    "jax_functions": "jax.grad, jax.jit, jax.checkpoint and scan in mapped functions",
    # Names and text
    "emitted_names": "names that look like emitted ones",
    "helper_names": "locals that are called as functions of the module are",
    "shadowed_builtins": "names of builtins, local and of the module",
    "import_styles": "from fadc import map, sum, …",
    "comments": "comments, some of which mention options and jax.vjp",
    # Derivations
    "forward": "forward mode",
    "reverse": "reverse mode",
    "mixed": "mixed mode",
    "recompute": "--residuals recompute",
    "rebroadcast": "--residuals rebroadcast",
    "checkpoints": "--checkpoint",
    "plans": "--dim, --cost and --accumulate",
    "second_order": "the derivative of a derivative",
    "formatting": "the same program, formatted otherwise",
}


def without(names: Iterable[str]) -> frozenset[str]:
    """All features but these. Raises ValueError for a name that is none."""
    unknown = sorted(set(names) - set(FEATURES))
    if unknown:
        raise ValueError(f"no such feature: {', '.join(unknown)}; there are {', '.join(FEATURES)}")
    return frozenset(FEATURES) - frozenset(names)


EVERYTHING = without(())
