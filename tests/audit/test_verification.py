"""Tampering with an emitted file, or with its certificate, makes verification fail."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fadc.audit import audits
from fadc.audit.verification import verify
from fadc.derive.request import Request
from fadc.errors import UsageError
from fadc.reports.audits.json import audit_json, audit_tree

from ..audit_pages import audit_of, command_line
from ..programs.staged.catalogue import STAGED, Staged
from ..samples import SAMPLES

ROOT = Path(__file__).parents[2]
CASES = [
    (sample.name, residuals)
    for sample in SAMPLES
    for residuals in ("store", "recompute", "rebroadcast")
]


def objections(text: str, name: str, residuals: str) -> list[str]:
    """What verification says of an emitted text, but for its hash, which differs in any case."""
    claimed = audit_of(name, residuals=residuals).certificate.tree()
    found = verify(claimed, text, "emitted.py", lambda path: None, lambda options: None)
    return [line for line in found if not line.startswith("emitted.sha256")]


@pytest.mark.parametrize(("name", "residuals"), CASES)
def test_what_was_emitted_is_verified(name: str, residuals: str) -> None:
    audit = audit_of(name, residuals=residuals)
    tree = json.loads(audit_json(audit))
    assert audit.certificate.holds
    assert audits.verify_certificate(tree, audit.emitted, "emitted.py") == []
    assert audits.verify_certificate(tree, audit.source, audit.path) == []


@pytest.mark.parametrize("program", STAGED, ids=lambda program: program.id)
def test_what_mixed_mode_chooses_is_verified(program: Staged) -> None:
    dims = tuple((name, str(size)) for name, size in program.dims.items())
    request = Request("mixed", program.of, program.wrt, dims=dims)
    path = f"{program.name}.py"
    audit, _ = audits.audit(program.source, path, request)
    assert audit is not None
    assert audit.certificate.holds
    tree = json.loads(audit_json(audit))
    assert audits.verify_certificate(tree, audit.emitted, path) == []


def test_the_choices_of_mixed_mode_are_part_of_a_certificate(tmp_path: Path) -> None:
    """With others than those that it was made with, another program would be held against it."""
    path, source = tmp_path / "cert.json", str(ROOT / "samples" / "fedavg.py")
    asked = ["--mode", "mixed", "--wrt", "server_lr", "--accumulate", "all=pushforward"]
    prices = ["--cost", "round=5", "--dim", "d=10,delta=10"]
    words = ["audit", source, *asked, *prices, "--output-format", "json", "-o", str(path)]
    assert command_line(words).returncode == 0
    assert command_line(["audit", source, "--verify", str(path)]).returncode == 0
    tree = json.loads(path.read_text(encoding="utf-8"))
    tree["certificate"]["options"]["accumulate"] = [["all", "pullback"]]
    path.write_text(json.dumps(tree), encoding="utf-8")
    assert command_line(["audit", source, "--verify", str(path)]).returncode == 1


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("options", "checkpoint", "x"),
        ("options", "of", ["x"]),
        ("options", "wrt", 5),
        ("options", "cost", [["up"]]),
        ("source", "sha256", None),
        ("derivative", "computations", 5),
        ("derivative", "computations", [[]]),
    ],
)
def test_a_malformed_certificate_is_refused(part: str, key: str, value: object) -> None:
    audit = audit_of("fedavg")
    tree = copy.deepcopy(audit.certificate.tree())
    tree[part][key] = value
    with pytest.raises(UsageError, match="certificate"):
        audits.verify_certificate(tree, audit.source, audit.path)


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """Emitted texts in which something crosses that is not certified, and what was done to each."""
    tree = ast.parse(text)
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    derived = [name for name in names if name.endswith(("_vjp", "_value_and_grad"))]
    computations = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in derived and node.decorator_list
    ]
    assert computations
    for function in computations:
        yield from _replaced_primitives(text, function)
        yield from _captures(text, function)
        yield from _additions(text, function)


def _replaced_primitives(text: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Each use in turn made something else."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in ("fed.sum", "fed.mean", "secure_sum"):
            for other in ("jnp.sum", "jax.numpy.mean", "max", "(lambda v: v)"):
                yield f"{name} → {other}", _with(text, node.func, other)
            other = "fed.mean" if name != "fed.mean" else "fed.sum"
            yield f"{name} → {other}", _with(text, node.func, other)
        if name == "fed.broadcast":
            yield "broadcast left out", _with(text, node.func, "(lambda v: v)")


def _captures(text: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Each mapped function made one that looks at a server value."""
    placed = {a.arg: ast.unparse(a.annotation) for a in function.args.args if a.annotation}
    server = next(name for name, annotation in placed.items() if "Server" in annotation)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "fed.map":
            inner = ast.unparse(node.args[0])
            captured = f"(lambda *a: ({inner}(*a), {server})[0])"
            yield f"{inner} captures {server}", _with(text, node.args[0], captured)


def _additions(text: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """A line more in front of the return."""
    placed = {a.arg: ast.unparse(a.annotation) for a in function.args.args if a.annotation}
    client = next(name for name, annotation in placed.items() if "Clients" in annotation)
    server = next(name for name, annotation in placed.items() if "Server" in annotation)
    last = function.body[-1].lineno - 1
    lines = text.split("\n")
    for line in (
        f"leak = fed.sum({client})",
        f"leak = fed.mean(fed.map(jnp.ravel, {client}))",
        f"leak = jnp.sum({client})",
        f"leak = fed.broadcast({server})",
        f"leaks.append({client})",
        f"print({client})",
        f"return {client}",
        f"{server} = {client}[0]",
        "import socket",
    ):
        yield line, "\n".join([*lines[:last], f"    {line}", *lines[last:]])


def _with(text: str, node: ast.expr, new: str) -> str:
    """The text with one expression replaced."""
    lines = text.split("\n")
    assert node.lineno == node.end_lineno
    line = lines[node.lineno - 1].encode()
    changed = line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
    lines[node.lineno - 1] = changed.decode()
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "residuals"), CASES)
def test_every_mutation_is_found_by_what_it_does(name: str, residuals: str) -> None:
    """The hash would tell each of them from the original; so does the reading of the text."""
    original = audit_of(name, residuals=residuals).emitted
    tried = 0
    for what, text in mutants(original):
        if text != original:
            tried += 1
            assert objections(text, name, residuals), what
    assert tried > 20


def test_the_hash_finds_the_rest() -> None:
    audit = audit_of("fedavg")
    text = audit.emitted.replace("length=5", "length=6")
    found = audits.verify_certificate(audit_tree(audit), text, "emitted.py")
    assert [line.partition(":")[0] for line in found] == ["emitted.sha256"]


def test_a_changed_program_is_refused() -> None:
    audit = audit_of("fedavg")
    source = audit.source.replace("fed.mean(losses)", "fed.sum(losses)")
    found = audits.verify_certificate(audit_tree(audit), source, audit.path)
    assert any(line.startswith("source.sha256") for line in found)
    assert any("is gone: fed.mean(losses)" in line or "primal.uses" in line for line in found)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("derivative", "uses"), []),
        (("primal", "mechanisms"), ["secure_sum"]),
        (("options", "wrt"), ["client_lr"]),
        (("options", "residuals"), "rebroadcast"),
        (("source", "sha256"), "0" * 64),
        (("holds",), False),
    ],
)
def test_a_changed_certificate_is_refused(path: tuple[str, ...], value: object) -> None:
    audit = audit_of("fedavg")
    claimed = copy.deepcopy(audit.certificate.tree())
    inner = claimed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert audits.verify_certificate(claimed, audit.source, audit.path)


def test_an_upload_through_another_mechanism_is_an_objection() -> None:
    audit = audit_of("secure_linear_regression")
    text = re.sub(r"w_bar = secure_sum\(", "w_bar = fed.sum(", audit.emitted)
    found = objections(text, "secure_linear_regression", "store")
    assert any("mechanisms" in line and "is new: sum" in line for line in found)


def test_the_command_line(tmp_path: Path) -> None:
    audit = audit_of("fedavg")
    certificate, emitted = tmp_path / "cert.json", tmp_path / "emitted.py"
    certificate.write_text(audit_json(audit), encoding="utf-8")
    emitted.write_text(audit.emitted, encoding="utf-8")
    command = ["audit", "--verify", str(certificate)]
    assert command_line([*command, str(emitted)]).returncode == 0
    emitted.write_text(audit.emitted.replace("= fed.sum(", "= jnp.sum("), encoding="utf-8")
    done = command_line([*command, str(emitted)])
    assert (done.returncode, done.stdout) == (1, f"{emitted}: refused\n")
    assert "looks at client values outside fed.map: `jnp.sum(w_next_at_clients_bar)`" in done.stderr
