"""The catalogue: what to differentiate in each program of this folder, and inputs for it.

A program is a file `NAME.py`, exactly as a user would write it. Everything that only the tests know
about it stands here: the parameters to differentiate, static arguments, random inputs, and what
is documented to be refused. One file may have several entries, told apart by their `variant`.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

FOLDER = Path(__file__).parent

Inputs = Callable[[types.ModuleType, int, np.random.Generator], dict[str, Any]]
"""Makes the placed arguments from the program's module, the number of clients and randomness."""

Sampler = Callable[[int, np.random.Generator], Any]
"""Makes one argument from the number of clients and randomness."""


@dataclasses.dataclass(frozen=True)
class Program:
    """One entry of the catalogue.

    Attributes:
        name: the file's stem.
        of: the computation that is differentiated.
        wrt: the parameters that it is differentiated by.
        inputs: makes the placed arguments.
        static: the static arguments.
        result: which result is differentiated, as in `transform`; None for all.
        rebroadcast: whether stateless clients can run the derivative. "refused" wants a
            diagnostic and no text; "either" admits a refusal as well as a right derivative.
        scalar: whether the result is annotated as one scalar server value.
        forward: whether JAX itself has a forward derivative of it.
        second: whether it is transformed a second time.
        third: whether it is transformed a third time.
        variant: tells entries of the same file apart.
        needs: modules that the program imports beside jax.
    """

    name: str
    of: str
    wrt: tuple[str, ...]
    inputs: Inputs
    static: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    result: str | int | None = None
    rebroadcast: Literal["supported", "refused", "either"] = "supported"
    scalar: bool = True
    forward: bool = True
    second: bool = True
    third: bool = False
    variant: str = ""
    needs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The name of this entry in test reports."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def path(self) -> Path:
        """The program's file."""
        return FOLDER / f"{self.name}.py"

    @property
    def source(self) -> str:
        """The program's text."""
        return self.path.read_text(encoding="utf-8")

    @property
    def refuses_rebroadcast(self) -> bool:
        """Whether `residuals="rebroadcast"` has to be refused."""
        return self.rebroadcast == "refused"


def server(*shape: int) -> Sampler:
    """A float array at the server, its entries between 0.2 and 1.2 in absolute value."""
    return lambda clients, rng: _floats(rng, shape)


def clients(*shape: int) -> Sampler:
    """A float array of this shape at each client."""
    return lambda clients, rng: _floats(rng, (clients, *shape))


def positive(*shape: int) -> Sampler:
    """A positive float array at each client."""
    return lambda clients, rng: jnp.abs(_floats(rng, (clients, *shape)))


def integers(high: int, *shape: int) -> Sampler:
    """Integers below `high` at the server."""
    return lambda clients, rng: jnp.asarray(rng.integers(0, high, shape))


def client_integers(high: int, *shape: int) -> Sampler:
    """Integers below `high` at each client."""
    return lambda clients, rng: jnp.asarray(rng.integers(0, high, (clients, *shape)))


def client_flags(*shape: int) -> Sampler:
    """Booleans at each client, the first of each true."""
    return lambda clients, rng: jnp.asarray(rng.random((clients, *shape)) < 0.7)


def key() -> Sampler:
    """A key at the server."""
    return lambda clients, rng: jax.random.key(int(rng.integers(2**31)))


def client_keys() -> Sampler:
    """A key at each client."""
    return lambda clients, rng: jax.random.split(jax.random.key(int(rng.integers(99))), clients)


def tree(structure: Any) -> Sampler:
    """A dict, list or tuple whose leaves are samplers."""
    return lambda clients, rng: jax.tree.map(lambda sampler: sampler(clients, rng), structure)


def inputs(**samplers: Sampler) -> Inputs:
    """Draws each argument with its sampler, in order."""
    return lambda module, clients, rng: {
        name: sampler(clients, rng) for name, sampler in samplers.items()
    }


def _floats(rng: np.random.Generator, shape: tuple[int, ...]) -> jax.Array:
    sign = np.where(rng.random(shape) < 0.3, -1.0, 1.0)
    return jnp.asarray(sign * rng.uniform(0.2, 1.2, shape), dtype=float)


def _namedtuple_state(
    module: types.ModuleType, clients_: int, rng: np.random.Generator
) -> dict[str, Any]:
    state = module.State(_floats(rng, (3,)), _floats(rng, (3,)), jnp.asarray(4))
    return {"state": state, **REGRESSION_DATA(module, clients_, rng)}


def _dataclass_state(
    module: types.ModuleType, clients_: int, rng: np.random.Generator
) -> dict[str, Any]:
    model = module.Model(weight=_floats(rng, (3,)), bias=_floats(rng, ()))
    return {"model": model, "lr": _floats(rng, ()), "x": _floats(rng, (clients_, 2, 3))}


VECTOR = inputs(w=server(3), lr=server(), x=clients(3))
MODEL = inputs(w=server(3), x=clients(3))
REGRESSION = inputs(w=server(3), lr=server(), x=clients(2, 3), y=clients(2))
REGRESSION_DATA = inputs(lr=server(), x=clients(2, 3), y=clients(2))
FEDAVG = inputs(w=server(3), client_lr=server(), server_lr=server(), x=clients(2, 3), y=clients(2))
EMBEDDING = inputs(
    params=tree({"table": server(4, 3), "index": integers(4)}), lr=server(), x=clients(3)
)
NOISE = inputs(w=server(3), lr=server(), key=key(), client_keys=client_keys(), x=clients(3))
MASKED = inputs(
    w=server(3, 3),
    batch=tree({"x": clients(2, 3), "label": client_integers(3, 2), "mask": client_flags(2)}),
    round_number=integers(5),
)
SCAFFOLD = inputs(
    w=server(3),
    server_control=server(3),
    control=clients(3),
    client_lr=server(),
    x=clients(2, 3),
    y=clients(2),
)
MLP = inputs(
    params=tree({"w1": server(2, 3), "b1": server(3), "w2": server(3)}),
    client_lr=server(),
    server_lr=server(),
    batch=tree({"x": clients(2, 2), "y": clients(2)}),
)
W_LR = ("w", "lr")

PROGRAMS: tuple[Program, ...] = (
    # Assignments and displays.
    Program("rebinding", "rebinding", W_LR, REGRESSION),
    Program("rebinding_a_parameter_in_place", "drift", ("w", "x"), MODEL, scalar=False),
    Program("tuple_unpacking", "tuple_unpacking", W_LR, REGRESSION),
    Program("displays_of_server_values", "displays", W_LR, REGRESSION),
    Program("displays_of_client_values", "displays", ("w", "lr", "y"), REGRESSION),
    Program("namedtuple_state", "momentum_round", ("state", "lr"), _namedtuple_state, scalar=False),
    Program("dataclass_state", "dataclass_round", ("model", "lr"), _dataclass_state),
    Program("augmented_assignment", "augmented", W_LR, REGRESSION),
    Program("annotated_assignment", "annotated", W_LR, REGRESSION),
    # Primitives.
    Program("nested_primitives", "nested", W_LR, REGRESSION),
    Program("primitives_on_tuples", "tuples", W_LR, VECTOR),
    Program(
        "primitives_on_dicts",
        "dicts",
        W_LR,
        inputs(
            w=tree({"layer": {"weight": server(3, 2), "bias": server(2)}, "scale": server()}),
            lr=server(),
            x=clients(2, 3),
        ),
        scalar=False,
    ),
    Program("broadcast_of_an_expression", "send_expressions", W_LR, VECTOR),
    Program("num_clients", "counted", W_LR, VECTOR),
    # Server expressions.
    Program("server_expressions", "expressions", W_LR, REGRESSION),
    Program(
        "server_lambdas_and_comprehensions",
        "capture",
        W_LR,
        inputs(w=tree({"a": server(3), "b": server(3)}), lr=server(), x=clients(3)),
    ),
    Program(
        "adam_by_hand",
        "adam_round",
        ("w", "state", "lr"),
        inputs(
            w=server(3),
            state=tree({"m": server(3), "v": lambda n, rng: jnp.abs(_floats(rng, (3,)))}),
            lr=server(),
            x=clients(2, 3),
            y=clients(2),
        ),
        scalar=False,
    ),
    Program(
        "optax_update",
        "optax_rounds",
        ("w",),
        inputs(w=server(3), x=clients(2, 3), y=clients(2)),
        needs=("optax",),
    ),
    Program("static_shapes", "static_shapes", W_LR, VECTOR),
    # Mapped functions.
    Program("mapped_lambdas", "lambdas", W_LR, VECTOR, static={"power": 3}),
    Program("mapped_partials", "partials", ("w",), MODEL),
    Program("mapped_dotted_names", "dotted", ("w", "x"), MODEL),
    Program("mapped_callable_parameter", "callable_round", ("w",), MODEL),
    Program(
        "mapped_callable_parameter",
        "apply_loss",
        ("w", "x"),
        MODEL,
        static={"loss": lambda w, x: jnp.sum(w * w * x), "activation": jnp.cos},
        variant="as_the_result",
    ),
    Program("mapped_static_keywords", "keywords", W_LR, VECTOR),
    Program("mapped_custom_vjp", "custom_vjp_round", ("w",), MODEL, forward=False),
    Program("mapped_custom_jvp", "custom_jvp_round", ("w",), MODEL),
    Program("mapped_scan", "fedavg_round", ("w", "server_lr"), FEDAVG, third=True),
    Program(
        "mapped_scan",
        "fedavg_round",
        ("client_lr", "server_lr"),
        FEDAVG,
        variant="hyperparameters",
    ),
    Program("mapped_control_flow", "control_flow", W_LR, VECTOR),
    # Loops.
    Program("loop_over_range", "rounds_of_sgd", W_LR, VECTOR, third=True),
    Program(
        "loop_over_range", "rounds_of_sgd", W_LR, VECTOR, static={"rounds": 0}, variant="never"
    ),
    Program("loop_ranges", "ranges", W_LR, VECTOR),
    Program("loop_never_runs", "no_trips", W_LR, VECTOR),
    Program("loop_carried_swap", "swap", W_LR, VECTOR),
    Program("loop_static_carry_becomes_placed", "static_carry", W_LR, VECTOR),
    Program("loop_static_carry", "schedule", W_LR, VECTOR),
    Program("loop_nested", "nested_loops", W_LR, VECTOR),
    Program(
        "loop_of_client_state",
        "stateful",
        ("w", "lr", "control"),
        inputs(w=server(3), lr=server(), control=clients(3), x=clients(3)),
        rebroadcast="refused",
    ),
    Program("loop_invariants_and_dead_values", "invariants", W_LR, VECTOR),
    Program("loop_unchanged_and_constant_carry", "resets", W_LR, VECTOR),
    # Tapes.
    Program("tape_forwards", "forwards", W_LR, VECTOR),
    Program("tape_reversed", "backwards", W_LR, VECTOR),
    Program("tape_several_at_once", "at_once", W_LR, VECTOR),
    Program("tape_zip_of_enumerate", "zipped", W_LR, VECTOR),
    Program("tape_broadcast", "along_the_way", W_LR, VECTOR),
    Program("tape_in_server_expression", "stacked", W_LR, VECTOR),
    Program("tape_returned", "curves", W_LR, VECTOR, scalar=False, rebroadcast="either"),
    Program(
        "tape_returned",
        "curves",
        W_LR,
        VECTOR,
        scalar=False,
        result=1,
        rebroadcast="either",
        variant="selected",
    ),
    Program("tape_of_tapes", "nested_tapes", W_LR, VECTOR),
    Program("tape_of_tuples", "tuples_on_tape", W_LR, VECTOR, rebroadcast="either"),
    Program("tape_of_client_values", "client_tape", W_LR, VECTOR, rebroadcast="either"),
    Program("tape_of_static_values", "static_tape", W_LR, VECTOR),
    Program("tape_unused", "unused_tape", W_LR, VECTOR),
    Program("tape_filled_on_two_paths", "branch_tape", W_LR, VECTOR),
    Program(
        "tape_filled_on_two_paths",
        "branch_tape",
        W_LR,
        VECTOR,
        static={"adaptive": False},
        variant="not_adaptive",
    ),
    # Branches.
    Program("static_if", "branches", W_LR, VECTOR),
    Program(
        "static_if",
        "branches",
        W_LR,
        VECTOR,
        static={"use_momentum": False, "kind": "adam"},
        variant="adam",
    ),
    Program(
        "static_if",
        "branches",
        W_LR,
        VECTOR,
        static={"use_momentum": False, "kind": "sign"},
        variant="sign",
    ),
    Program("static_if_with_primitives", "communicating_branches", W_LR, VECTOR),
    Program(
        "static_if_with_primitives",
        "communicating_branches",
        W_LR,
        VECTOR,
        static={"warm": False},
        variant="cold",
    ),
    Program("static_if_in_loop", "warmup", W_LR, VECTOR),
    Program("conditional_expression", "conditional", W_LR, VECTOR),
    Program(
        "conditional_expression",
        "conditional",
        W_LR,
        VECTOR,
        static={"decay": False, "rounds": 1},
        variant="no_decay",
    ),
    # Calls.
    Program("call_by_position_and_keyword", "calls", W_LR, VECTOR),
    Program("call_with_different_activity", "patterns", W_LR, VECTOR),
    Program("call_in_a_loop", "call_loop", W_LR, VECTOR, third=True),
    Program("call_in_a_branch", "call_branch", W_LR, VECTOR),
    Program(
        "call_in_a_branch", "call_branch", W_LR, VECTOR, static={"fast": False}, variant="slow"
    ),
    Program("call_with_loops", "outer", W_LR, VECTOR),
    Program("call_returning_composites", "composites", W_LR, VECTOR, rebroadcast="either"),
    Program("call_returning_constants", "constants", W_LR, VECTOR),
    Program("call_with_composite_arguments", "compose", W_LR, VECTOR, rebroadcast="either"),
    Program("call_with_callable", "caller", W_LR, VECTOR),
    Program(
        "composite_parameter",
        "composite",
        ("state", "rates"),
        inputs(state=tree((server(3), clients(3))), rates=tree({"lr": server()})),
        scalar=False,
    ),
    # Mechanisms.
    Program("aggregator_like_sum", "secure", W_LR, VECTOR),
    Program("aggregator_like_mean", "secure", W_LR, VECTOR),
    Program("aggregator_chosen_for_transpose", "several", W_LR, VECTOR),
    Program("aggregator_none_but_named", "personalise", ("w",), MODEL, scalar=False),
    Program(
        "weighted_mean",
        "weighted",
        ("w", "theta"),
        inputs(w=server(3), theta=server(), x=clients(3), counts=positive()),
    ),
    Program(
        "weighted_mean_secure",
        "weighted",
        ("w", "theta"),
        inputs(w=server(3), theta=server(), x=clients(3)),
    ),
    Program(
        "weighted_mean_like_mean",
        "weighted",
        ("w", "weights"),
        inputs(w=server(3), x=clients(3), weights=positive()),
    ),
    # Results.
    Program("result_tuple", "pair", W_LR, VECTOR, scalar=False),
    Program("result_dict", "report", W_LR, VECTOR, scalar=False),
    Program("result_of_mixed_placement", "mixed", W_LR, VECTOR, scalar=False),
    Program("result_at_clients", "personal", W_LR, VECTOR, scalar=False),
    Program("result_is_an_input", "identity", W_LR, VECTOR, scalar=False),
    Program(
        "result_of_integers",
        "counts",
        ("w",),
        inputs(w=server(3), step=integers(5), x=clients(3)),
        scalar=False,
    ),
    Program("result_selected", "train", W_LR, VECTOR, result="loss"),
    Program("result_selected", "train", W_LR, VECTOR, result=0, scalar=False, variant="by_index"),
    Program("result_selected_from_dict", "train", W_LR, VECTOR, result="loss"),
    # Pytrees, keys, activity.
    Program("integer_leaves_active", "embedding_round", ("params", "lr"), EMBEDDING, scalar=False),
    Program(
        "integer_leaves_in_a_loop",
        "counting",
        ("state", "lr"),
        inputs(state=tree({"w": server(3), "count": integers(3)}), lr=server(), x=clients(3)),
        scalar=False,
    ),
    Program("integer_leaves_inactive", "masked_loss", ("w",), MASKED),
    Program("key_inputs", "noisy_rounds", W_LR, NOISE, scalar=False),
    Program("wrt_client_inputs", "poison", ("x",), VECTOR),
    Program("wrt_client_inputs", "poison", ("x", "w"), VECTOR, variant="and_server"),
    Program(
        "wrt_client_pytree",
        "stateful",
        ("state", "w"),
        inputs(w=server(3), state=tree({"control": clients(3), "count": client_integers(4)})),
        scalar=False,
    ),
    Program(
        "wrt_unrelated",
        "independent",
        ("lr", "w", "decay"),
        inputs(w=server(3), lr=server(), x=clients(3), decay=server()),
    ),
    Program("wrt_unrelated_at_clients", "independent", ("x", "lr"), VECTOR),
    Program("values_used_often", "sharing", W_LR, VECTOR),
    Program("values_never_used", "idle", W_LR, VECTOR),
    Program("server_only", "local", W_LR, VECTOR),
    Program(
        "clients_only",
        "at_clients",
        ("x", "y"),
        inputs(x=clients(3), y=clients(2)),
        scalar=False,
    ),
    Program("constant_seed", "linear", W_LR, VECTOR, scalar=False),
    # Names and layout.
    Program(
        "colliding_names",
        "colliding",
        ("w", "w_bar", "out_bar", "w_dot"),
        inputs(w=server(3), w_bar=server(3), out_bar=server(), w_dot=clients(3)),
        rebroadcast="either",
    ),
    Program(
        "shadowed_builtins",
        "shadowing",
        ("input", "float"),
        inputs(input=server(3), float=server(), jax=clients(3)),
    ),
    Program("import_styles", "imported", W_LR, VECTOR),
    Program(
        "parameters_of_every_kind",
        "signature",
        ("w", "temperature"),
        inputs(w=server(3), x=clients(3), lr=server(), temperature=server()),
        scalar=False,
    ),
    Program("comments_and_layout", "layout", W_LR, VECTOR),
    # Whole algorithms.
    Program(
        "scaffold",
        "scaffold_round",
        ("w", "control", "client_lr"),
        SCAFFOLD,
        scalar=False,
    ),
    Program("fedavg_mlp", "train", ("params", "client_lr", "server_lr"), MLP),
    Program("message_of_early_and_late_values", "early_and_late", W_LR, VECTOR),
    Program("meta_gradient", "by_hand", W_LR, VECTOR),
)
