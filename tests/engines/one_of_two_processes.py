"""Run twice, with the numbers 0 and 1: two processes, each with its own clients and one device.

    python -m tests.engines.one_of_two_processes NUMBER PORT

Prints what it finds as JSON: the results of SCAFFOLD's round and of its derivative, jitted and eager, and
what it is told where it asks for too much.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

import fadc as fed
from fadc.engines import Sharded
from samples.derivatives.scaffold.reverse import scaffold_round_value_and_grad
from samples.scaffold import scaffold_round

CLIENTS = {"even": (2, 2), "uneven": (3, 1)}
"""How many clients each process has."""


def arguments(clients: tuple[int, ...], process: int | None = None) -> tuple[list[Any], list[Any]]:
    """Server values, and the client values of a process, or of all."""
    random = np.random.default_rng(0)
    server = [random.normal(size=3), random.normal(size=3), np.float64(0.1)]
    at_clients = [random.normal(size=(sum(clients), *shape)) for shape in ((3,), (6, 3), (6,))]
    if process is not None:
        first = sum(clients[:process])
        at_clients = [each[first : first + clients[process]] for each in at_clients]
    return server, at_clients


def results(
    place: Callable[[Any], Any], clients: tuple[int, ...], process: int | None
) -> list[Any]:
    """What each way to run gives."""
    (w, server_control, lr), at_clients = arguments(clients, process)
    control, x, y = place(at_clients)
    functions = scaffold_round, jax.jit(scaffold_round), jax.jit(scaffold_round_value_and_grad)
    return [each(w, server_control, control, lr, x, y) for each in functions]


def told(call: Callable[[], Any]) -> str:
    """What is said of a call that fails."""
    try:
        return f"nothing: {call()}"
    except (RuntimeError, ValueError) as error:
        return str(error)


def main(process: int, port: str) -> None:
    """Joins the other process, and prints."""
    jax.config.update("jax_num_cpu_devices", 1)
    jax.config.update("jax_enable_x64", True)
    jax.distributed.initialize(f"127.0.0.1:{port}", 2, process, initialization_timeout=60)
    engine = Sharded(jax.make_mesh((2,), ("clients",)))
    found: dict[str, Any] = {}
    with fed.use_engine(engine):
        for name, clients in CLIENTS.items():
            local = engine.local(results(engine.place, clients, process))
            found[name] = [np.asarray(leaf).tolist() for leaf in jax.tree.leaves(local)]
        for name, clients in CLIENTS.items():
            _, at_clients = arguments(clients, process)
            placed = engine.place(at_clients)
            found[f"read {name}"] = told(lambda placed=placed: np.asarray(placed[0]))
        found["plain"] = told(lambda: results(lambda values: values, (2, 2), None))
        found["types"] = told(lambda: engine.place(np.zeros((2, 3 + process))))
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
