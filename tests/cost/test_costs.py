"""The cost table is what an instrumented run shows, byte for byte, and what the emitted text says."""

import ast
import functools
import inspect
import json
from collections import Counter
from typing import Any

import jax
import pytest

import fadc
from fadc.analyses.schedule import Send
from fadc.analyses.sized import find_sized
from fadc.cost.cheapest import cheapest
from fadc.cost.compute import cost, cost_of_plans
from fadc.cost.costs import Costs, Row, Variant
from fadc.derive.request import Request, choose_computation
from fadc.engines import Record, record
from fadc.reports.costs.json import cost_tree
from fadc.reports.costs.plain import plain
from fadc.reports.costs.tables import cost_report
from fadc.syntax.computations import read_program
from fadc.texts import read_file
from tests.correctness import harness
from tests.observed import observe
from tests.programs.staged.catalogue import STAGED, Staged
from tests.samples import GALLERY, ROOT, SAMPLES, SMALL, Sample
from tests.turns import in_turn

PLANS = Variant.all()
PUSHED = [
    program
    for program in STAGED
    if program.id in ("warm_start", "two_rates", "rate_of_each_round", "trained_tree")
]


def costs_of(sample: Sample, dims: dict[str, int] | None = None, **options: Any) -> Costs:
    """The costs of a sample."""
    asked = {"of": sample.of, "wrt": sample.wrt, "result": sample.result, **options}
    found, diagnostics = cost(sample.source, sample.path, Request("mixed", **asked), dims)
    assert found is not None, diagnostics
    return found


def text_of(sample: Sample, plan: Variant, dims: dict[str, int] | None = None) -> str:
    """The module that a plan emits; mixed mode decides by the sizes."""
    done = fadc.transform(
        sample.source,
        filename=sample.path,
        mode=plan.mode,
        of=sample.of,
        wrt=sample.wrt,
        result=sample.result,
        residuals=plan.residuals or "store",
        dims=dims if plan.mode == "mixed" else None,
    )
    assert not harness.errors(done.diagnostics)
    return done.text


def run(
    sample: Sample, row: Row, dims: dict[str, int] | None = None, *, really: bool = False
) -> Record:
    """What the messages of a row's computation are when it runs.

    Unless it `really` runs, JAX follows it with shapes for arrays: every primitive is called, but
    nothing is computed.
    """
    case = harness.source_case(
        sample.source,
        sample.of,
        sample.arguments(3),
        wrt=sample.wrt,
        static=sample.static,
        result=sample.result,
    )
    if row.plan is not None:
        text = text_of(sample, row.plan, dims)
        make = {"jvp": harness.forward_case, "vjp": harness.reverse_case}.get(row.kind)
        case = make(case, text, 1) if make else harness.value_and_grad_case(case, text)
    follow = functools.partial(harness.run_eagerly, case)
    with record() as found:
        follow(case.arguments) if really else jax.eval_shape(follow, dict(case.arguments))
    return found


@pytest.mark.parametrize("program", PUSHED, ids=lambda program: program.id)
def test_tangents_cost_what_a_run_shows(program: Staged) -> None:
    """Where mixed mode pushes forward: the emitted text's messages are foreseen, byte for byte."""
    sizes = tuple((name, str(size)) for name, size in program.dims.items())
    request = Request("mixed", program.of, program.wrt, dims=sizes, dtype="float64")
    reading = read_program(program.source, f"{program.name}.py", read_file)
    chosen = choose_computation(reading, program.of, f"{program.name}.py")
    costs = cost_of_plans(reading, chosen, request, [Variant("mixed", "store")], program.dims)
    case = harness.source_case(
        program.source, program.of, program.arguments(3), wrt=program.wrt, static=program.static
    )
    asked = {"of": program.of, "wrt": program.wrt, "dims": program.dims, "dtype": "float64"}
    text = fadc.transform(program.source, mode="mixed", **asked).text
    assert "pushed forward" in text
    for row in costs.rows[1:]:
        is_vjp = row.kind == "vjp"
        made = harness.reverse_case(case, text, 1) if is_vjp else None
        made = made or harness.value_and_grad_case(case, text)
        with record() as found:
            jax.eval_shape(functools.partial(harness.run_eagerly, made), dict(made.arguments))
        observe(row.schedule, found, program.dims)
        shown = row.rounds, row.down.bytes, row.up.bytes
        assert shown == (found.rounds, found.down, found.up)
        assert foreseen(row) == written(text, row.name)


def defaults(sample: Sample) -> dict[str, int]:
    """The static arguments that the sample runs with."""
    parameters = inspect.signature(getattr(harness.load(sample.source, sample.of), sample.of))
    found = {p.name: p.default for p in parameters.parameters.values() if type(p.default) is int}
    return {**found, **sample.static}


COUNTED = [sample for sample in GALLERY if sample.name != "proxskip"]
"""Those whose messages have numbers: how often the coin of the other one says so has none."""


@pytest.mark.parametrize(
    ("sample", "residuals"), in_turn(COUNTED, harness.RESIDUALS, lambda sample: sample.name)
)
def test_the_table_is_what_a_run_shows(sample: Sample, residuals: str) -> None:
    """Tests run in double precision: floats are float64 here. By default each sample has one policy, in turn.

    A first run without sizes shows those of the values. By them mixed mode may decide otherwise, and
    the report with them is held against runs of what it decides.
    """
    values = {**SMALL, **defaults(sample)}
    first: dict[object, Record] = {}
    for row in rows_of(costs_of(sample), residuals):
        first[row.plan, row.kind] = run(sample, row)
        values = observe(row.schedule, first[row.plan, row.kind], values)
    rows = rows_of(costs_of(sample, values, dtype="float64"), residuals)
    program = read_program(sample.source, sample.path, read_file).program
    sized = find_sized(program)
    dims = {name: size for name, size in values.items() if sized.admits(name)}
    runs = [
        run(sample, row, dims)
        if row.plan and row.plan.mode == "mixed"
        else first[row.plan, row.kind]
        for row in rows
    ]
    assert len(runs) >= 2
    shown = [(row.rounds, row.down.bytes, row.up.bytes) for row in rows]
    assert shown == [(each.rounds, each.down, each.up) for each in runs]


def rows_of(costs: Costs, residuals: str) -> list[Row]:
    """The rows of the primal, of forward mode, and of what one policy keeps."""
    return [r for r in costs.rows if r.plan is None or r.plan.residuals in (None, residuals)]


@pytest.mark.parametrize("sample", GALLERY, ids=lambda sample: sample.name)
def test_the_emitted_text_has_these_messages(sample: Sample, slow: bool) -> None:
    """By default in one policy of each sample, in turn."""
    costs = costs_of(sample)
    shown = {row.plan for row in costs.rows if row.plan is not None}
    assert shown | {each.plan for each in costs.refused} == set(PLANS)
    residuals = harness.RESIDUALS[GALLERY.index(sample) % len(harness.RESIDUALS)]
    for row in costs.rows if slow else rows_of(costs, residuals):
        text = sample.source if row.plan is None else text_of(sample, row.plan)
        assert foreseen(row) == written(text, row.name), row.name


def foreseen(row: Row) -> Counter[str]:
    return Counter(map(_primitive, row.schedule.sends))


def _primitive(send: Send) -> str:
    return send.mechanism if send.mechanism not in ("", "sum") else send.primitive


def written(text: str, name: str) -> Counter[str]:
    """The calls of primitives that send something, in one function."""
    functions = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
    calls = [n for n in ast.walk(functions[name]) if isinstance(n, ast.Call)]
    names = [_sent_by(call) for call in calls]
    return Counter(n for n in names if n in ("broadcast", "sum", "mean", "secure_sum"))


def _sent_by(call: ast.Call) -> str:
    """The name of what is called; a weighted mean sends by way of its aggregator."""
    name = _last(call.func)
    told = [_last(keyword.value) for keyword in call.keywords if keyword.arg == "aggregator"]
    return (told or ["sum"])[0] if name == "weighted_mean" else name


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_checkpoints_divide_loops_exactly() -> None:
    """Five rounds in segments of two are five rounds, not six."""
    sample = next(each for each in SAMPLES if each.name == "fedavg_mlp")
    done = fadc.transform(sample.source, mode="reverse", wrt=sample.wrt, checkpoint=2)
    assert "rounds  3·rounds + 1\n" in done.report
    case = harness.source_case(sample.source, sample.of, sample.arguments(3), wrt=sample.wrt)
    gradient = harness.value_and_grad_case(case, done.text)
    with record() as found:
        jax.eval_shape(functools.partial(harness.run_eagerly, gradient), dict(gradient.arguments))
    assert found.rounds == 3 * 5 + 1


def test_shapes_send_what_arrays_send() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedsgd")
    for row in costs_of(sample).rows:
        assert run(sample, row).messages == run(sample, row, really=True).messages


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_stateless_clients_keep_nothing(sample: Sample) -> None:
    rows = [r for r in costs_of(sample).rows if r.plan and r.plan.residuals == "rebroadcast"]
    assert rows
    assert not [r.name for r in rows if r.memory]


def test_what_clients_keep() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    kept = {
        (row.plan and row.plan.label, row.kind): {
            (each.kept.value.name, str(each.kept.size)) for each in row.memory
        }
        for row in costs_of(sample).rows
    }
    assert kept[None, "primal"] == kept["forward", "jvp"] == set()
    assert kept["reverse, store", "value_and_grad"] == {("delta_pullback", "None")}
    assert kept["reverse, recompute", "vjp"] == {
        ("w_at_clients", "d"),
        ("lr_at_clients", "1"),
        ("w_next_at_clients", "|w_next|"),
    }


def test_what_clients_keep_of_a_loop() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg_mlp")
    row = next(r for r in costs_of(sample).rows if r.plan and r.plan.residuals == "recompute")
    sizes = {(each.kept.value.name, str(each.kept.size)) for each in row.memory}
    assert ("params_at_clients", "rounds·|params|") in sizes
    assert ("lr_at_clients", "1") in sizes


def test_extra_work() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg_mlp")
    work = {
        (row.plan.label, row.kind): {
            name: tuple(map(str, (found.forward, found.tangent, found.backward)))
            for name, found in row.work.items()
        }
        for row in costs_of(sample).rows
        if row.plan
    }
    assert work["forward", "jvp"]["client_update"] == ("0", "rounds", "0")
    assert work["reverse, store", "vjp"]["client_update"] == ("0", "0", "rounds")
    assert work["reverse, recompute", "vjp"]["client_update"] == ("rounds", "0", "rounds")


WEIGHTED = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x):
    return x - w


def error(w, x):
    return x - w


def square(v):
    return jnp.sum(v * v)


@fed.computation
def round_loss(
    w: fed.Server[Float[Array, "d"]], weight: fed.Clients, x: fed.Clients
) -> fed.Server[Float[Array, ""]]:
    delta = fed.map(update, fed.broadcast(w), x)
    w_next = w + fed.weighted_mean(delta, weight)
    residual = fed.map(error, fed.broadcast(w_next), x)
    return fed.weighted_mean(fed.map(square, residual), weight)
"""


def test_a_weighted_value_is_as_large_as_the_value() -> None:
    """So that a derivative's weighted uploads are known to be those of the primal."""
    found, _ = cost(WEIGHTED, "weighted.py", Request("mixed", wrt=("w",)))
    assert found is not None
    assert not [row.name for row in found.rows if "weighted" in str(row.up.elements)]


def test_functions_within_a_stage_are_work() -> None:
    """Mixed mode differentiates what the clients do in a stage as one function."""
    found, _ = cost(WEIGHTED, "weighted.py", Request("mixed", wrt=("w",)))
    assert found is not None
    plan = Variant("mixed", "store")
    (work,) = (row.work for row in found.rows if row.plan == plan and row.kind == "vjp")
    backward = {name: str(evaluations.backward) for name, evaluations in work.items()}
    assert backward == {"update": "1", "error": "1", "square": "1"}


def test_the_cheapest_plan() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    few = cheapest(costs_of(sample, wrt=("server_lr",)))
    assert [c.row.kind for c in few.candidates][:1] == ["jvp"]
    open_ = cheapest(costs_of(sample))
    assert {"d", "|w_next|"} <= set(open_.depends)
    sizes = {"d": 10**6, "delta": 10**6, "w_next": 10**6, "losses": 1}
    many = cheapest(costs_of(sample, sizes))
    assert not many.depends
    assert {c.row.plan and c.row.plan.mode for c in many.candidates}.isdisjoint({"forward"})


STATE = """\
import fadc as fed


@fed.computation
def carried(w: fed.Server, x: fed.Clients, rounds: int = 3) -> fed.Server:
    state = fed.map(lambda x: x, x)
    for _ in range(rounds):
        state = fed.map(lambda w, s: w * s, fed.broadcast(w), state)
        w = w + fed.mean(state)
    return w
"""


def test_a_refused_plan_says_why() -> None:
    found, _ = cost(STATE, "carried.py", Request("mixed"))
    assert found is not None
    refused = {each.plan.label: each.diagnostics[0].code for each in found.refused}
    assert refused["reverse, rebroadcast"] == "FAD404"
    text = plain(cost_report(found, cheapest(found)))
    assert "refused: reverse, rebroadcast: FAD404" in text


def test_two_values_of_one_name_are_two_symbols() -> None:
    source = STATE.replace(
        "return w", "state = fed.map(lambda s: s[:1], state)\n    return fed.sum(state)"
    )
    found, _ = cost(source, "carried.py", Request("mixed"))
    assert found is not None
    symbols = found.primal.traffic.up.symbols
    assert len([s for s in symbols if s.startswith("|state")]) == 2


def by_mode(costs: Costs) -> dict[str, tuple[str, str]]:
    """Rounds and uplink of each mode's pullback where clients store."""
    return {
        row.plan.mode: (str(row.traffic.rounds), str(row.traffic.up))
        for row in costs.rows
        if row.plan and row.plan.residuals == "store" and row.kind == "vjp"
    }


def test_the_mixed_row_is_what_transform_decides_by_the_same_options() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    undecided = by_mode(costs_of(sample))
    assert undecided["mixed"] == ("3", "d + |delta| + |losses| + |w_next|")
    sent = ("2", "d·|delta| + |delta| + |losses| + |w_next|")
    for told in (
        {"accumulate": (("1", "jacobian"),)},
        {"dims": {"d": 9, "delta": 9}},
        {"dims": {"d": 9, "delta": 9}, "cost": (("round", "1000"),)},
    ):
        assert by_mode(costs_of(sample, **told)) == {**undecided, "mixed": sent}
    cheap = {"dims": {"d": 9, "delta": 9}, "cost": (("round", "10"),)}
    assert by_mode(costs_of(sample, **cheap)) == undecided


def test_prices_tell_which_plan_is_cheapest() -> None:
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    sizes = {"d": 50, "delta": 50, "w_next": 50, "losses": 1}

    def modes(**prices: str) -> set[str | None]:
        found = cheapest(costs_of(sample, sizes, cost=tuple(prices.items())))
        return {candidate.row.plan and candidate.row.plan.mode for candidate in found.candidates}

    assert modes() == {"mixed"}
    assert modes(round="0") == {"reverse", "mixed"}
    assert modes(up="1e9", down="0", round="0") == {"reverse", "mixed"}


def test_the_table_and_the_mixed_row_agree_on_the_bytes_of_floats() -> None:
    """By annotation and by option: the same decision, the same bytes, the same cheapest plan."""
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    sizes = {"d": 9, "delta": 9, "w_next": 9, "losses": 1}
    told: dict[str, Any] = {"cost": (("round", "900"),)}

    def shown(source: str, **options: Any) -> tuple[object, ...]:
        asked = Request("mixed", wrt=sample.wrt, **told, **options)
        found, _ = cost(source, sample.path, asked, sizes)
        assert found is not None
        best = {candidate.row.plan for candidate in cheapest(found).candidates}
        rows = [(row.rounds, row.down.bytes, row.up.bytes) for row in found.rows]
        return found.values.dtype, rows, best

    double = sample.source.replace("Float", "Float64")
    assert shown(double) == shown(sample.source, dtype="float64")
    single, wide = shown(sample.source), shown(double)
    assert (single[0], wide[0]) == ("float32", "float64")
    assert {plan.mode for plan in single[2]} == {"mixed"}
    assert {plan.mode for plan in wide[2]} == {"reverse", "mixed"}


def test_what_is_cheapest_goes_by_the_bytes_of_the_table() -> None:
    """One annotation names a width: the table has it, and so has the price."""
    sample = next(each for each in SAMPLES if each.name == "fedavg")
    source = sample.source.replace("w: fed.Server[Float[", "w: fed.Server[Float16[").replace(
        "import Array, Float", "import Array, Float, Float16"
    )
    sizes = {"d": 9, "delta": 9, "w_next": 9, "losses": 1}
    found, _ = cost(source, sample.path, Request("mixed", wrt=sample.wrt, dtype="float64"), sizes)
    assert found is not None
    for candidate in cheapest(found).candidates:
        row, prices = candidate.row, found.prices
        paid = prices.up * row.up.bytes + prices.down * row.down.bytes
        assert candidate.amount == paid + prices.round * row.rounds


def test_the_report_says_its_prices() -> None:
    costs = costs_of(SAMPLES[1], cost=(("up", "2"), ("round", "5")))
    best = cheapest(costs)
    assert cost_tree(costs, best)["prices"] == {"up": 2.0, "down": 1.0, "round": 5.0}
    assert "by the prices up=2, down=1, round=5:" in plain(cost_report(costs, best))


def test_choices_that_only_some_policies_have() -> None:
    """A broadcast value that two functions use stays at the clients, unless it is sent again."""
    source = (ROOT / "tests/programs/mapped_lambdas.py").read_text(encoding="utf-8")
    told: dict[str, Any] = {"accumulate": (("1", "jacobian"),)}
    found, _ = cost(source, "mapped_lambdas.py", Request("mixed", **told))
    assert found is not None
    assert [(each.plan.label, each.diagnostics) for each in found.refused] == [
        ("mixed, store", ()),
        ("mixed, recompute", ()),
    ]
    assert "has to be pulled back" in plain(cost_report(found, cheapest(found)))
    with pytest.raises(fadc.UsageError, match="there is no stage `9`"):
        cost(source, "mapped_lambdas.py", Request("mixed", accumulate=(("9", "jacobian"),)))


def test_json_says_what_the_tables_say() -> None:
    costs = costs_of(SAMPLES[1], {"d": 10})
    tree = json.loads(json.dumps(cost_tree(costs, cheapest(costs))))
    assert tree["schema"] == 1
    assert [row["computation"] for row in tree["rows"]] == [row.name for row in costs.rows]
    primal = tree["rows"][0]
    assert primal["down"] == {"elements": "d + |w_next| + 1", "bytes": None}
    assert primal["rounds"] == {"text": "2", "value": 2}
    assert primal["messages"][0]["values"] == [
        {"name": "w", "role": "value", "of": "w", "elements": "d"}
    ]


def test_a_mode_that_jax_does_not_have_is_refused() -> None:
    """It must not be recommended, either; a comment waives it, as in transform."""
    (sample,) = (each for each in GALLERY if "forward" not in each.modes)
    (refused,) = costs_of(sample).refused
    assert refused.plan.mode == "forward"
    assert [each.code for each in refused.diagnostics] == ["FAD417"]
    call = "return quantised(w_local - w, jax.random.uniform(key, w.shape))"
    waived = sample.source.replace(call, f"{call}  # fadc: ignore[FAD417]")
    asked = Request("mixed", sample.of, sample.wrt, "loss")
    found, _ = cost(waived, sample.path, asked)
    assert found is not None and found.refused == ()
