"""A project's upload mechanisms, held against programs, their derivatives, and `fadc transform`."""

from pathlib import PurePosixPath

import pytest

from fadc import pipeline
from fadc.analyses.ambiguity import find_ambiguous_mechanisms
from fadc.analyses.policy import Policy, find_policy_violations
from fadc.diagnostics import Diagnostic, Severity
from fadc.syntax.computations import read_program

HEAD = """\
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)
noisy_mean = fed.aggregator("noisy_mean", like=fed.mean)


def loss(w, x):
    return jnp.mean((x @ w) ** 2)

"""
W = 'w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "n d"]]'
SCALAR = 'fed.Server[Float[Array, ""]]'
SECURE = Policy(("secure_sum",))


def computation(result: str, name: str = "total", transpose: str | None = None) -> str:
    """A computation whose losses are `v`."""
    chosen = f"(transpose_broadcast={transpose})" if transpose else ""
    return f"""
@fed.computation{chosen}
def {name}({W}) -> {SCALAR}:
    v = fed.map(loss, fed.broadcast(w), x)
    return {result}

"""


def check(body: str, policy: Policy = SECURE, **files: str) -> list[Diagnostic]:
    """What is wrong with a program; `files` are the modules beside it."""

    def load(path: PurePosixPath) -> str | None:
        return files.get(path.stem)

    return pipeline.check(HEAD + body, "program.py", policy=policy, load=load)


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def marked(diagnostic: Diagnostic, body: str) -> str:
    """The underlined text."""
    span = diagnostic.span
    line = (HEAD + body).splitlines()[span.start_line - 1]
    assert span.start_line == span.end_line
    return line[span.start_column : span.end_column]


# Programs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upload", "mechanism"),
    [
        ("fed.sum(v)", "plain aggregation"),
        ("fed.mean(v)", "plain aggregation"),
        ("fed.weighted_mean(v, v)", "plain aggregation"),
        ("noisy_mean(v)", "`noisy_mean`"),
        ("fed.weighted_mean(v, v, noisy_mean)", "`noisy_mean`"),
    ],
)
def test_an_upload_past_the_list_is_reported_at_its_call(upload: str, mechanism: str) -> None:
    body = computation(f"secure_sum(v) + {upload}", transpose="secure_sum")
    (found,) = check(body)
    assert (found.code, found.severity) == ("FAD305", Severity.ERROR)
    assert marked(found, body) == upload
    assert mechanism in found.message


@pytest.mark.parametrize(
    "mechanisms", [None, ("sum", "secure_sum"), ("secure_sum", "sum", "declared_nowhere")]
)
def test_what_is_listed_may_be_used(mechanisms: tuple[str, ...] | None) -> None:
    body = computation("secure_sum(v) + fed.mean(v)", transpose="secure_sum")
    assert check(body, Policy(mechanisms)) == []


def test_an_empty_list_allows_no_upload() -> None:
    (found,) = check(computation("secure_sum(v)"), Policy(()))
    assert found.message.endswith("but the project allows no upload")


def test_a_mechanism_goes_by_its_declaration() -> None:
    """A variable that is called like a listed mechanism does not make it that mechanism."""
    declaration = 'trusted = fed.aggregator("{}", like=fed.sum)\n'
    policy = Policy(("trusted",))
    for name, expected in (("trusted", []), ("anything", ["FAD305"])):
        body = declaration.format(name) + computation("trusted(v)")
        assert codes(check(body, policy)) == expected


MECHANISMS = 'import fadc as fed\nleak = fed.aggregator("leak", like=fed.sum)\n'


def test_a_mechanism_keeps_its_name_when_it_is_imported_as_another() -> None:
    body = "from others import leak as secure_sum\n" + computation("secure_sum(v)")
    body = body.replace("secure_sum = fed", "unused = fed")
    text = HEAD.replace("secure_sum = fed", "unused = fed")
    found = pipeline.check(
        text + body,
        "program.py",
        policy=SECURE,
        load=lambda path: MECHANISMS if path.stem == "others" else None,
    )
    assert codes(found) == ["FAD305"]
    assert "`leak`" in found[0].message


def test_uploads_of_another_file_are_reported_at_the_call() -> None:
    body = f"""from others import total

@fed.computation(transpose_broadcast=secure_sum)
def outer({W}) -> {SCALAR}:
    return total(w, x)
"""
    (found,) = check(body, others=HEAD + computation("fed.sum(v)"))
    assert (found.code, marked(found, body)) == ("FAD305", "total(w, x)")
    assert check(body, others=HEAD + computation("secure_sum(v)")) == []


def test_uploads_of_a_called_computation_are_reported_once() -> None:
    caller = f"""
@fed.computation
def outer({W}) -> {SCALAR}:
    return total(w, x)
"""
    body = computation("fed.sum(v)") + caller
    (found,) = check(body)
    assert marked(found, body) == "fed.sum(v)"


# Derivatives --------------------------------------------------------------------------------------


def test_a_derivative_is_held_against_the_list() -> None:
    body = computation("secure_sum(v)", transpose="fed.sum")
    (found,) = check(body)
    assert (found.code, found.severity) == ("FAD306", Severity.ERROR)
    assert marked(found, body) == "fed.sum"
    assert "reverse" in found.message and "forward" not in found.message


def test_a_waived_upload_does_not_waive_the_derivative() -> None:
    waived = "fed.sum(fed.map(jnp.sum, x))  # fadc: ignore[FAD305]"
    body = computation(f"secure_sum(v) + {waived}", transpose="fed.sum")
    (found,) = check(body)
    assert (found.code, marked(found, body)) == ("FAD305", "fed.sum")
    assert check(body.replace("broadcast=fed.sum", "broadcast=secure_sum")) == []


def test_a_derivative_that_is_refused_anyway_is_not_held_against_it() -> None:
    """Integers have no derivative."""
    body = computation("secure_sum(v)", transpose="fed.sum")
    assert check(body.replace("Float[Array", "Int[Array")) == []


def test_a_derivative_that_is_there_already_does_not_hide_the_next_one() -> None:
    body = computation("secure_sum(v)", transpose="fed.sum")
    dummies = computation("secure_sum(v)", "total_vjp") + computation("secure_sum(v)", "total_jvp")
    assert codes(check(body + dummies)) == ["FAD306"]


def test_a_violation_of_a_called_computation_is_reported_there_only() -> None:
    caller = f"""
@fed.computation
def outer({W}) -> {SCALAR}:
    return total(w, x)
"""
    body = computation("secure_sum(v)", transpose="fed.sum") + caller
    (found,) = check(body)
    assert "`total`" in found.message


def test_a_violation_of_another_file_is_reported_at_the_caller() -> None:
    body = f"""from others import total

@fed.computation
def outer({W}) -> {SCALAR}:
    return total(w, x)
"""
    others = HEAD + computation("secure_sum(v)", transpose="fed.sum")
    (found,) = check(body, others=others)
    assert (found.code, marked(found, body)) == ("FAD306", "outer")


# Private mechanisms ---------------------------------------------------------------------------------


def test_an_upload_past_the_private_mechanisms_is_a_warning() -> None:
    body = computation("secure_sum(v) + noisy_mean(v)", transpose="fed.sum")
    found = check(body, Policy(private_mechanisms=("secure_sum",)))
    assert codes(found) == ["FAD505", "FAD505"]
    assert [marked(each, body) for each in found] == ["fed.sum", "noisy_mean(v)"]
    assert found[0].severity is Severity.WARNING


def test_a_forbidden_upload_is_not_called_unprotected_too() -> None:
    body = computation("secure_sum(v) + fed.sum(v)", transpose="secure_sum")
    assert codes(check(body, Policy(("secure_sum",), ("secure_sum",)))) == ["FAD305"]
    body = computation("secure_sum(v)", transpose="fed.sum")
    assert codes(check(body, Policy(("secure_sum",), ("secure_sum",)))) == ["FAD306"]


# Mixed mechanisms -----------------------------------------------------------------------------------


def mixed(body: str, mode: str | None = None) -> list[tuple[str, Severity]]:
    found = pipeline.check(HEAD + body, "program.py", mode=mode)
    return [(each.code, each.severity) for each in found]


@pytest.mark.parametrize(
    ("mode", "severity"),
    [(None, Severity.WARNING), ("forward", Severity.WARNING), ("reverse", Severity.ERROR)],
)
def test_mixed_mechanisms_are_an_error_only_where_they_matter(
    mode: str | None, severity: Severity
) -> None:
    assert mixed(computation("secure_sum(v) + fed.sum(v)"), mode) == [("FAD302", severity)]


@pytest.mark.parametrize(
    "body",
    [
        computation("secure_sum(v) + fed.sum(v)", transpose="secure_sum"),
        computation("fed.sum(v) + fed.mean(v)"),
        computation("secure_sum(fed.map(jnp.sum, x)) + fed.sum(fed.map(jnp.sum, x))"),
        computation("jnp.sum(w)"),
    ],
    ids=["named", "one mechanism", "nothing transposed", "no upload"],
)
def test_other_programs_are_not_mixed(body: str) -> None:
    assert mixed(body) == []


def test_what_is_called_inherits_the_mechanism_of_its_caller() -> None:
    called = computation("secure_sum(v) + fed.sum(v)")
    caller = f"""
@fed.computation{{}}
def outer({W}) -> {SCALAR}:
    return total(w, x)
"""
    named = computation("secure_sum(v) + fed.sum(v)", transpose="secure_sum")
    for mode, severity in ((None, Severity.WARNING), ("reverse", Severity.ERROR)):
        assert mixed(called + caller.format("(transpose_broadcast=secure_sum)"), mode) == []
        assert mixed(called + caller.format(""), mode) == [("FAD302", severity)]
        assert mixed(named + caller.format(""), mode) == []


def test_the_caller_is_named_that_mixes_through_what_it_calls() -> None:
    called = computation("secure_sum(v)")
    caller = f"""
@fed.computation
def outer({W}) -> {SCALAR}:
    return total(w, x) + fed.sum(fed.map(jnp.sum, x))
"""
    for mode in (None, "reverse"):
        (found,) = pipeline.check(HEAD + called + caller, "program.py", mode=mode)
        assert found.message.startswith("the broadcasts of `outer` have no definite transpose")
        assert "`secure_sum` and `fed.sum`" in found.message


def test_calls_that_fan_out_are_looked_at_once() -> None:
    """Each of these calls the next one twice, which makes a million paths."""
    body = computation("secure_sum(v)", "total_0")
    for number in range(1, 21):
        body += f"""
@fed.computation
def total_{number}({W}) -> {SCALAR}:
    return total_{number - 1}(w, x) + total_{number - 1}(w, x)
"""
    program = read_program(HEAD + body, "program.py").program
    assert find_ambiguous_mechanisms(program) == []
    found = find_policy_violations(program, Policy(private_mechanisms=("sum",)))
    assert codes(found) == ["FAD505"]


def test_an_error_does_not_hide_an_upload() -> None:
    """The policy sees a computation that is refused, too."""
    assert codes(check(computation("fed.sum(v) + v"))) == ["FAD305", "FAD203"]
