"""The costs of programs on the sharded engine: time, memory, and messages between devices.

The value and gradient of FedAvg's round, and a mean of each client's largest entries (`top_k`),
with 10 to 10,000 clients on 1, 2, 4 and 8 devices of this machine, compared with the embedded
engine on one device and, if it is installed, DrJAX. Devices of one machine share its cores: more of
them show the cost of spreading, not its gain.

    python benchmarks/engines.py [CLIENTS…]

Prints for each the best time of a call in ms, the temporary memory of a device in MiB, and its
collectives, such as `3 x all-reduce, 1208 B`. Exits with 1 if the sharded engine uses another
collective than all-reduce.
"""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
sys.path.insert(0, str(Path(__file__).parent.parent))

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import fadc as fed
from fadc.engines import Sharded
from samples.fedavg import client_loss, client_update, fedavg_round

try:
    import drjax
except ImportError:
    drjax = None

CLIENTS, DEVICES, RUNS = (10, 100, 1_000, 10_000), (1, 2, 4, 8), 5
EXAMPLES, WIDTH = 20, 100
BYTES = {"f32": 4, "s32": 4, "u32": 4, "pred": 1, "f64": 8}

Program = Callable[..., Any]


def largest(w: Any, x: Any, y: Any) -> Any:
    """The largest residuals of a client."""
    return jax.lax.top_k(jnp.abs(x @ w - y), 5)[0]


@fed.computation
def mean_largest(w: fed.Server, x: fed.Clients, y: fed.Clients) -> fed.Server:
    """Their means over the clients."""
    return fed.mean(fed.map(largest, fed.broadcast(w), x, y))


def main() -> int:
    """Prints a table for each program; returns 1 if the sharded engine sends more than sums."""
    clients = [int(each) for each in sys.argv[1:]] or CLIENTS
    moved = False
    for name, (ours, theirs) in programs().items():
        print(
            f"\n{name}\n{'clients':>8}{'devices':>9}  {'engine':<10}{'ms':>9}{'MiB':>9}  collectives"
        )
        for count in clients:
            _print(count, 1, "embedded", embedded(ours, count))
            for devices in DEVICES:
                found = sharded(ours, count, devices)
                moved |= bool({kind for kind, _ in found[2]} - {"all-reduce"})
                _print(count, devices, "sharded", found)
                if drjax is not None:
                    _print(count, devices, "drjax", by_drjax(theirs, count, devices))
    return int(moved)


def programs() -> dict[str, tuple[Program, Callable[[int], Program]]]:
    """Each program for fadc, and for DrJAX with a number of clients."""
    gradient = fed.value_and_grad(fedavg_round, wrt="w")
    return {
        "fedavg, value and gradient": (lambda w, x, y: gradient(w, 0.05, 0.7, x, y), drjax_fedavg),
        "mean of the largest residuals": (mean_largest, drjax_largest),
    }


def drjax_fedavg(clients: int) -> Program:
    """FedAvg's round in DrJAX, differentiated by JAX."""

    @drjax.program(placements={"clients": clients}, use_abstract_mesh=True)
    def round_(w: Any, x: Any, y: Any) -> Any:
        sent = drjax.broadcast(w)
        delta = drjax.map_fn(lambda w, x, y: client_update(w, 0.05, x, y), (sent, x, y))
        w_next = w - 0.7 * drjax.reduce_mean(delta)
        return drjax.reduce_mean(drjax.map_fn(client_loss, (drjax.broadcast(w_next), x, y)))

    return jax.value_and_grad(round_)


def drjax_largest(clients: int) -> Program:
    """The same in DrJAX."""

    @drjax.program(placements={"clients": clients}, use_abstract_mesh=True)
    def mean(w: Any, x: Any, y: Any) -> Any:
        return drjax.reduce_mean(drjax.map_fn(largest, (drjax.broadcast(w), x, y)))

    return mean


def embedded(program: Program, clients: int) -> Any:
    """The costs on one device."""
    return costs(program, *arguments(clients))


def sharded(program: Program, clients: int, devices: int) -> Any:
    """The costs on the sharded engine, of placed data."""
    engine = Sharded(Mesh(np.array(jax.devices()[:devices]), ("clients",)))
    w, x, y = arguments(clients)
    with fed.use_engine(engine):
        return costs(program, w, *engine.place((x, y)))


def by_drjax(program: Callable[[int], Program], clients: int, devices: int) -> Any:
    """The costs in DrJAX, with data on the mesh if clients are spread evenly."""
    mesh = Mesh(np.array(jax.devices()[:devices]), ("clients",))
    w, x, y = arguments(clients)
    if clients % devices == 0:
        x, y = jax.device_put((x, y), NamedSharding(mesh, PartitionSpec("clients")))
    with jax.set_mesh(mesh):
        return costs(program(clients), w, x, y)


def arguments(clients: int) -> tuple[Any, Any, Any]:
    """A model, and every client's examples."""
    random = np.random.default_rng(0)
    x = random.normal(size=(clients, EXAMPLES, WIDTH)).astype(np.float32)
    return jnp.zeros(WIDTH), x, x.sum(axis=2)


def costs(program: Program, *given: Any) -> tuple[float, float, list[tuple[str, int]]]:
    """The best time in ms, the temporary memory in MiB, and each collective with its bytes."""
    compiled = jax.jit(lambda *given: program(*given)).lower(*given).compile()
    jax.block_until_ready(compiled(*given))
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        jax.block_until_ready(compiled(*given))
        times.append(time.perf_counter() - start)
    temporary = compiled.memory_analysis().temp_size_in_bytes / 2**20
    return 1e3 * min(times), temporary, collectives(compiled.as_text())


def collectives(hlo: str) -> list[tuple[str, int]]:
    """The messages between devices in a compiled program: their kinds and bytes."""
    names = r"all-\w+|collective-\w+|reduce-scatter"
    found = re.findall(rf"= (.*?) ({names})(?:-start)?\(", hlo)
    return [
        (name, sum(map(_size, re.findall(r"(\w+)\[([\d,]*)\]", shape)))) for shape, name in found
    ]


def _size(part: tuple[str, str]) -> int:
    dtype, sizes = part
    return BYTES[dtype] * int(np.prod([int(size) for size in sizes.split(",") if size]))


def _print(clients: int, devices: int, engine: str, found: Any) -> None:
    milliseconds, temporary, messages = found
    counts = Counter(name for name, _ in messages)
    total = sum(size for _, size in messages)
    listed = ", ".join(f"{count} x {name}" for name, count in counts.items())
    sent = f"{listed}, {total} B" if messages else "none"
    row = f"{clients:>8}{devices:>9}  {engine:<10}{milliseconds:>9.2f}{temporary:>9.2f}  {sent}"
    print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
