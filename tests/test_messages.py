"""Messages are counted in the emitted text: what design.md calls no more than a careful engineer's."""

import ast
import functools

import jax
import pytest

import fadc
from fadc.engines import record

from .correctness import harness
from .programs.catalogue import PROGRAMS, Program
from .programs.staged.catalogue import STAGED
from .samples import SAMPLES

FEDAVG = next(sample for sample in SAMPLES if sample.name == "fedavg")
DOWN, UP = ("broadcast",), ("sum", "mean", "weighted_mean")


def emitted(mode: str, name: str) -> ast.FunctionDef:
    """A derivative of `samples/fedavg.py` for server_lr alone."""
    done = fadc.transform(FEDAVG.source, mode=mode, wrt="server_lr", filename=FEDAVG.path)
    assert not harness.errors(done.diagnostics)
    return definition(done.text, name)


def definition(text: str, name: str) -> ast.FunctionDef:
    """A function of a module."""
    functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    return next(each for each in functions if each.name == name)


def messages(function: ast.FunctionDef, primitives: tuple[str, ...]) -> list[str]:
    """What each call of these primitives sends, in the order of the text."""
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    calls = [n for n in calls if isinstance(n.func, ast.Attribute) and n.func.attr in primitives]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [ast.unparse(call.args[0]).strip("()") for call in calls]


def test_the_primal_sends_two_values_down_together_where_they_are_ready_together() -> None:
    primal = definition(FEDAVG.source, FEDAVG.of)
    assert messages(primal, DOWN) == ["w", "client_lr", "w_next"]
    assert messages(primal, UP) == ["delta", "losses"]


def test_forward_mode_adds_no_message() -> None:
    """The first two broadcasts of the primal are one message; tangents travel with primals."""
    jvp = emitted("forward", "fedavg_round_jvp")
    assert messages(jvp, DOWN) == ["w, client_lr", "w_next, w_next_dot"]
    assert messages(jvp, UP) == ["delta", "losses, losses_dot"]


def test_tangents_travel_with_primals_in_called_computations() -> None:
    program = next(each for each in STAGED if each.name == "with_a_call")
    text = fadc.transform(program.source, mode="forward", wrt="w", of=program.of).text
    called = definition(text, "centre_of_jvp")
    assert messages(called, DOWN) == ["w, w_dot"]
    assert messages(called, UP) == ["sketches, sketches_dot"]


def test_tangents_are_pushed_as_far_as_it_is_cheapest() -> None:
    """With four rates in all the tangents of three reach the fourth round, where a Jacobian is cheaper."""
    program = next(each for each in STAGED if each.name == "rate_of_each_round")
    options = {"mode": "mixed", "wrt": program.wrt, "dims": program.dims}
    vjp = definition(fadc.transform(program.source, **options).text, "evaluate_vjp")
    assert messages(vjp, DOWN) == [
        "w",
        "u, u_by_a",
        "v, v_by_a, v_by_b",
        "t",
        "s",
    ]
    assert messages(vjp, UP) == [
        "first",
        "second, second_by_a",
        "third, third_by_a, third_by_b",
        "fourth, fourth_jac",
        "losses, losses_jac",
    ]


def test_the_gradient_travels_with_the_loss() -> None:
    """The deltas' mean, the loss and one gradient-sized value go up, in the primal's two rounds."""
    gradient = emitted("reverse", "fedavg_round_value_and_grad")
    assert messages(gradient, DOWN) == ["w, client_lr", "w_next"]
    assert messages(gradient, UP) == ["delta", "losses, w_next_at_clients_bar"]


def test_the_report_says_the_same() -> None:
    done = fadc.transform(FEDAVG.source, mode="reverse", wrt="server_lr", filename=FEDAVG.path)
    rounds = {line.split()[0]: line.split()[1] for line in done.report.splitlines()[1:]}
    assert rounds["fedavg_round"] == rounds["fedavg_round_value_and_grad"] == "2"


def rounds(mode: str, wrt: str) -> dict[str, int]:
    """The rounds of the primal and of each derivative of `samples/fedavg.py`."""
    done = fadc.transform(FEDAVG.source, mode=mode, wrt=wrt, filename=FEDAVG.path)
    lines = [line.split() for line in done.report.splitlines()]
    if lines[0] == ["rounds", "down", "up"]:
        return {line[0].removeprefix("fedavg_round"): int(line[1]) for line in lines[1:]}
    names = [line[0].removeprefix("fedavg_round") for line in lines if len(line) == 1]
    return dict(zip(names, (int(line[1]) for line in lines if line[0] == "rounds"), strict=True))


def test_mixed_mode_needs_one_round_less() -> None:
    mixed, reverse = rounds("mixed", "w,server_lr"), rounds("reverse", "w,server_lr")
    assert mixed["_vjp"] == reverse["_vjp"] - 1
    assert mixed["_vjp"] <= mixed["_value_and_grad"] == reverse["_value_and_grad"]


def test_mixed_mode_for_the_learning_rate_needs_no_round_beyond_the_primal_s() -> None:
    assert set(rounds("mixed", "server_lr").values()) == {2}
    vjp = emitted("mixed", "fedavg_round_vjp")
    assert messages(vjp, DOWN) == ["w, client_lr", "w_next"]
    assert messages(vjp, UP) == ["delta", "losses, losses_jac"]


def test_a_secure_program_sends_nothing_up_in_the_clear() -> None:
    sample = next(each for each in SAMPLES if each.name == "secure_linear_regression")
    options = [{"mode": "reverse", "residuals": each} for each in harness.RESIDUALS]
    for option in (*options, {"mode": "mixed"}):
        done = fadc.transform(sample.source, wrt=sample.wrt, **option)
        for kind in ("vjp", "value_and_grad"):
            assert not messages(definition(done.text, f"{sample.of}_{kind}"), UP)


def headed(done: fadc.Transformed) -> dict[str, str]:
    """The rounds of each computation as the header has them, in a table or as a list."""
    lines = [line.split() for line in done.report.splitlines() if line.strip()]
    if lines[0] == ["rounds", "down", "up"]:
        return {line[0]: line[1] for line in lines[1:]}
    names = [line[0] for line in lines if len(line) == 1 and line[0].isidentifier()]
    figures = (" ".join(line[1:]) for line in lines if line[0] == "rounds")
    return dict(zip(names, figures, strict=True))


UPLOADS_LATE = (
    "result_tuple",
    "result_selected",
    "wrt_client_pytree",
    "num_clients",
    "nested_primitives",
)


@pytest.mark.parametrize("residuals", harness.RESIDUALS)
@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.name in UPLOADS_LATE], ids=lambda p: p.id
)
def test_a_run_has_the_rounds_of_the_header(program: Program, residuals: str) -> None:
    """An upload that a result alone needs stands where it is scheduled, not behind later rounds."""
    options = {"of": program.of, "wrt": program.wrt, "result": program.result}
    done = fadc.transform(program.source, mode="reverse", residuals=residuals, **options)
    known = headed(done)
    case = harness.primal_case(program, 2)
    pullback = harness.reverse_case(case, done.text, 1)
    cases = {f"{program.of}_vjp": pullback}
    if program.scalar:
        cases[f"{program.of}_value_and_grad"] = harness.value_and_grad_case(case, done.text)
    for name, each in cases.items():
        with record() as found:
            jax.eval_shape(functools.partial(harness.run_eagerly, each), dict(each.arguments))
        assert str(found.rounds) == known[name], name
