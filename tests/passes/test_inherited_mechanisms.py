"""What a computation declares for transposed broadcasts holds for what it calls, too."""

from fadc.derive.differentiate import differentiate
from fadc.derive.request import Request
from fadc.ir import Aggregate, Sweep, walk
from fadc.syntax.computations import read_program

SOURCE = """\
import jax.numpy as jnp

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


@fed.computation
def inner(w: fed.Server, x: fed.Clients) -> fed.Clients:
    return fed.map(jnp.multiply, fed.broadcast(w), x)


@fed.computation(transpose_broadcast=secure_sum)
def middle(w: fed.Server, x: fed.Clients) -> fed.Server:
    return secure_sum(inner(w, x))


@fed.computation(transpose_broadcast=fed.sum)
def outer(w: fed.Server, x: fed.Clients) -> fed.Server:
    return middle(w, x) + fed.sum(inner(w, x))
"""


def test_each_caller_has_its_own_transpose_of_what_both_call() -> None:
    reading = read_program(SOURCE, "program.py")
    chosen = reading.program.computations["outer"]
    derived = differentiate(reading, chosen, Request("reverse", wrt=("w",)))
    uploads = {
        name: [
            operation.aggregator.mechanism
            for operation in walk(computation.block)
            if isinstance(operation, Aggregate) and operation.sweep is Sweep.REVERSE
        ]
        for name, computation in derived.derivatives.computations.items()
        if name.startswith("inner_bwd")
    }
    assert sorted(uploads.values()) == [["secure_sum"], ["sum"]]
