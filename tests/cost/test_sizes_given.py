"""Sizes that are given with `--dim`: what one command prints, every command takes, and means the same by."""

from typing import Any

import jax.numpy as jnp
import pytest

import fadc
from fadc.commands.options import pairs_of
from fadc.cost.compute import cost
from fadc.cost.costs import Costs
from fadc.derive.request import Request
from tests.samples import SAMPLES, Sample

HEAD = """\
from jaxtyping import Array, Float
import jax.numpy as jnp

import fadc as fed


def local(w, x):
    return w - x


"""

REPEATED = f"""{HEAD}
@fed.computation
def training(
    w: fed.Server, rate: fed.Server[Float[Array, ""]], x: fed.Clients, rounds: int = 3
) -> fed.Server[Float[Array, ""]]:
    for _ in range(1, rounds):
        update = fed.map(local, fed.broadcast(w), x)
        w = w - rate * fed.mean(update)
    for _ in range(2 * (rounds - 1)):
        update = fed.map(local, fed.broadcast(w), x)
        w = w - rate * fed.mean(update)
    if rounds > 2:
        update = fed.map(local, fed.broadcast(w), x)
        w = w - rate * fed.mean(update)
    return jnp.sum(w)
"""


def _costs(source: str, dims: dict[str, int] | None = None, **options: Any) -> Costs:
    found, diagnostics = cost(source, "program.py", Request("mixed", **options), dims)
    assert found is not None, diagnostics
    return found


def _printed(found: Costs) -> dict[str, int]:
    """A size for each symbol of the report, also by the names that it asks for."""
    rows = [row.traffic.rounds for row in found.rows]
    symbols = dict.fromkeys([*found.symbols, *(s for size in rows for s in size.symbols)])
    return {name: 7 for symbol in symbols for name in (symbol, symbol.strip("|"))}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_symbols_of_samples_are_taken_by_all(sample: Sample) -> None:
    options = {"of": sample.of, "wrt": sample.wrt, "result": sample.result}
    found, _ = cost(sample.source, sample.path, Request("mixed", **options))
    assert found is not None
    dims = _printed(found)
    sized, _ = cost(sample.source, sample.path, Request("mixed", **options), dims)
    assert sized is not None and sized.unknown == ()
    assert fadc.transform(
        sample.source, mode="mixed", filename=sample.path, dims=dims, **options
    ).text


def test_symbols_of_lines_loops_and_conditions_are_taken() -> None:
    dims = _printed(_costs(REPEATED, wrt=("w",)))
    assert {"|update@20|", "len(range(1, rounds))", "#(rounds > 2)", "rounds"} <= dims.keys()
    done = fadc.transform(REPEATED, mode="mixed", wrt="w", dims=dims)
    assert "decides" not in done.text.partition("import")[0]


def test_a_plan_goes_by_the_lines_sizes() -> None:
    dims = {"w": 10, "update": 10, "update@20": 10**7, "update@23": 10, "rounds": 3}
    stages = fadc.transform(REPEATED, mode="mixed", wrt="w", dims=dims).text.partition("# Stages")[
        2
    ]
    first, second, *_ = stages.partition("\n\n")[0].split("stage ")[1:]
    assert "its Jacobian goes up with it: |update|·|w|" in first
    assert "pulled back: |update@20| down" in second


@pytest.mark.parametrize(
    "name", ["update@19", "len(range(1, roundz))", "#(rouns > 2)", "delta", "(n // 2)", "#()"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(fadc.UsageError, match="there is no dimension or value"):
        fadc.transform(REPEATED, mode="mixed", wrt="w", dims={name: 3})


def test_commas_inside_brackets_part_nothing() -> None:
    assert pairs_of("dim", ["len(range(1, n))=3,d=4", "#(f(a, b)[0, 1])=2"]) == (
        ("len(range(1, n))", "3"),
        ("d", "4"),
        ("#(f(a, b)[0, 1])", "2"),
    )


SHAPED = f"""{HEAD}
@fed.computation
def shaped(
    w: fed.Server[Float[Array, "n+1"]],
    v: fed.Server[Float[Array, "n-1 m"]],
    u: fed.Server[Float[Array, "*batch rows=3 {{rounds}}"]],
    x: fed.Clients[Float[Array, "n+1"]],
    rounds: int = 2,
) -> fed.Server[Float[Array, "n+1"]]:
    w_c, v_c, u_c = fed.broadcast((w, v, u))
    return fed.mean(fed.map(lambda w, v, u, x: w - x, w_c, v_c, u_c, x))
"""


def test_dimensions_are_expressions() -> None:
    down = _costs(SHAPED, wrt=("w",)).primal.down
    assert str(down.elements) == "3·*batch·rounds + m·n - m + n + 1"
    sized = _costs(SHAPED, {"n": 4, "m": 5, "batch": 6}, wrt=("w",)).primal.down
    assert sized.bytes == 4 * (3 * 6 * 2 + 5 * 3 + 5)
    assert fadc.transform(SHAPED, mode="mixed", wrt="w", dims={"n": 4, "m": 5, "batch": 6}).text


@pytest.mark.parametrize("dims", ["...", "_", "_any", "#d"])
def test_open_dimensions_are_of_each_value(dims: str) -> None:
    """Two arrays annotated ``...`` may differ in size."""
    source = SHAPED.replace("n-1 m", dims).replace("*batch rows=3 {rounds}", dims)
    assert str(_costs(source, wrt=("w",)).primal.down.elements) == "n + |u| + |v| + 1"


def test_static_expressions_keep_their_parentheses() -> None:
    source = REPEATED.replace("2 * (rounds - 1)", "2 * steps").replace(
        "    for _ in range(1, rounds)", "    steps = rounds - 1\n    for _ in range(1, rounds)"
    )
    rounds = str(_costs(source, wrt=("w",)).primal.traffic.rounds)
    assert rounds == "#(rounds > 2) + len(range(1, rounds)) + 2·rounds - 2"


@pytest.mark.parametrize("dims", ["...", "#d"])
def test_sums_of_arrays_of_open_shapes_are_broadcast(dims: str) -> None:
    """A cotangent has the shape of its primal, though both are annotated alike."""
    source = f'''{HEAD}
@fed.computation
def total(
    w: fed.Server[Float[Array, "{dims}"]],
    b: fed.Server[Float[Array, "{dims}"]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    s = w + b
    return jnp.sum(s * fed.sum(x))
'''
    module: dict[str, Any] = {"__name__": "total_vjp"}
    exec(fadc.transform(source, mode="reverse", wrt="w,b").text, module)  # noqa: S102
    w, b, x = jnp.arange(3.0), jnp.asarray([2.0]), jnp.ones((2, 3))
    _, (w_bar, b_bar) = module["total_vjp"](w, b, x, out_bar=jnp.asarray(1.0))
    assert (w_bar.shape, b_bar.shape) == ((3,), (1,))
    assert b_bar[0] == 6.0


SCALED = f"""{HEAD}
def weigh(theta, x):
    return jnp.exp(theta * jnp.sum(x))


@fed.computation
def weighted(theta: fed.Server[Float[Array, ""]], x: fed.Clients, delta: fed.Clients) -> fed.Server:
    weight = fed.map(weigh, fed.broadcast(theta), x)
    scaled = fed.map(fed.scale, weight, delta)
    return fed.sum(scaled)
"""


@pytest.mark.parametrize("name", ["scaled", "|scaled|", "delta", "|delta|"])
def test_the_size_of_a_value_is_that_of_what_it_is_made_of(name: str) -> None:
    """A message that is as large as `delta` is decided by the size of either."""
    for size, choice in ((2, "its Jacobian goes up"), (10**9, "pulled back")):
        done = fadc.transform(
            SCALED,
            mode="mixed",
            of="weighted",
            wrt="theta",
            dims={name: size},
            cost={"round": 100.0},
        )
        assert not done.diagnostics
        assert choice in done.text, done.text[:1500]
