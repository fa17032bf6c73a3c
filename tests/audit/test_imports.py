"""Certificates of programs in several files: each file is read, named, and held against its hash."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from fadc.audit import audits
from fadc.audit.closure import closure
from fadc.audit.record import Audit
from fadc.derive.request import MODES, Request

from ..audit_pages import command_line

MECHANISMS = """\
import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)
"""
ROUNDS = """\
import fadc as fed
from mechanisms import secure_sum

Model = fed.Server


def loss(w, x):
    return ((w * x) ** 2).sum()


@fed.computation
def one_round(w: fed.Server, x: fed.Clients) -> fed.Server:
    return secure_sum(fed.map(loss, fed.broadcast(w), x))
"""
MAIN = """\
import fadc as fed
import jax.numpy as jnp
from mechanisms import secure_sum
from rounds import Model, one_round


def inner(w, x):
    return (w * x).sum()


@fed.computation
def program(w: Model, v: fed.Server, x: fed.Clients) -> fed.Server:
    kept = one_round(v, x)
    return one_round(w, x) + kept * secure_sum(fed.map(inner, fed.broadcast(w), x))
"""
FILES = {"main.py": MAIN, "rounds.py": ROUNDS, "mechanisms.py": MECHANISMS}


def load(files: dict[str, str]):
    """Reads these files and no others."""
    return lambda path: files.get(str(path))


def audit(files: dict[str, str] = FILES, mode: str = "reverse") -> Audit:
    """The audit of `main.py`."""
    asked = Request(mode, wrt=("w",))
    found, diagnostics = audits.audit(files["main.py"], "main.py", asked, load=load(files))
    assert found is not None, diagnostics
    return found


def refusal(files: dict[str, str], claimed: object, text: str | None = None) -> list[str]:
    """What verification says of the program, or of an emitted text beside it."""
    path = "main.py" if text is None else "emitted.py"
    return audits.verify_certificate(claimed, text or files["main.py"], path, load=load(files))


@pytest.mark.parametrize("mode", MODES)
def test_what_is_imported_is_read_and_named(mode: str) -> None:
    found = audit(mode=mode)
    certificate = found.certificate
    assert certificate.holds, certificate.objections
    assert [name for name, _ in certificate.primal.files] == ["mechanisms.py", "rounds.py"]
    for name, sha256 in (*certificate.primal.files, *certificate.derivative.files):
        assert sha256 == hashlib.sha256(FILES[name].encode()).hexdigest()
    uses = {(use.function, use.primitive, use.line) for use in certificate.primal.uses}
    line = ROUNDS[: ROUNDS.index("return secure_sum")].count("\n") + 1
    assert ("rounds.py:one_round", "secure_sum", line) in uses
    assert certificate.primal.mechanisms == certificate.derivative.mechanisms == ("secure_sum",)
    claimed = certificate.tree()
    assert refusal(FILES, claimed) == refusal(FILES, claimed, found.emitted) == []


def test_an_imported_computation_that_the_derivative_calls_is_followed() -> None:
    """What does not depend on `w` is called as it is."""
    found = audit()
    assert "one_round(v, x)" in found.emitted
    assert "rounds.py:one_round" in found.certificate.derivative.computations


TAMPERED = [
    ("rounds.py", "secure_sum(fed.map(", "fed.sum(fed.map("),
    ("rounds.py", "secure_sum(fed.map(", "jnp.sum(fed.map("),
    ("rounds.py", "fed.broadcast(w)", "w"),
    ("rounds.py", "fed.map(loss, fed.broadcast(w), x)", "fed.map(lambda x: w * x, x)"),
    ("rounds.py", "    return", "    leak = fed.mean(x)\n    return"),
    ("rounds.py", "    return", "    print(x)\n    return"),
    ("rounds.py", "    return", "    again = fed.broadcast(w)\n    return"),
    ("rounds.py", "Model = fed.Server", "Model = fed.Clients"),
    ("rounds.py", "x: fed.Clients", "x: fed.Server"),
    ("rounds.py", "def loss", "secure_sum = max\n\n\ndef loss"),
    ("rounds.py", "def loss", "from numpy import sum as secure_sum\n\n\ndef loss"),
    ("rounds.py", "def loss", "import numpy as fed\n\n\ndef loss"),
    ("rounds.py", "from mechanisms import secure_sum", "from elsewhere import secure_sum"),
    ("rounds.py", "@fed.computation\n", ""),
    ("mechanisms.py", '"secure_sum"', '"other_sum"'),
    ("mechanisms.py", "secure_sum = ", "def secure_sum(x):\n    return x\n\n\nother = "),
    ("mechanisms.py", MECHANISMS, f"{MECHANISMS}secure_sum = max\n"),
    ("mechanisms.py", MECHANISMS, f"{MECHANISMS}fed.map = map\n"),
]


def changed(name: str, old: str, new: str) -> dict[str, str]:
    """The files with one change."""
    assert old in FILES[name]
    return {**FILES, name: FILES[name].replace(old, new, 1)}


@pytest.mark.parametrize(("name", "old", "new"), TAMPERED)
def test_every_change_of_an_imported_file_is_found_by_what_it_does(
    name: str, old: str, new: str
) -> None:
    """The hash tells it; so does the reading of the files, hash or not."""
    original, files = audit(), changed(name, old, new)
    claimed = original.certificate.tree()
    assert refusal(files, claimed)
    found = refusal(files, claimed, original.emitted)
    hashes = [line for line in found if line.startswith("derivative.files")]
    assert hashes and len(hashes) < len(found), found


@pytest.mark.parametrize("name", ["rounds.py", "mechanisms.py"])
def test_the_hash_finds_the_rest(name: str) -> None:
    original = audit()
    files = {**FILES, name: FILES[name] + "# A remark.\n"}
    claimed = original.certificate.tree()
    for found in (refusal(files, claimed), refusal(files, claimed, original.emitted)):
        assert found and all(
            re.match(r"(primal|derivative)\.files\[\d\]\.sha256", f) for f in found
        )


def test_a_file_that_is_gone() -> None:
    original = audit()
    for name in ("rounds.py", "mechanisms.py"):
        files = {each: text for each, text in FILES.items() if each != name}
        assert refusal(files, original.certificate.tree(), original.emitted)


def test_changed_hashes_in_the_certificate() -> None:
    original = audit()
    for side in ("primal", "derivative"):
        for forged in ([], [{"name": "rounds.py", "sha256": "0" * 64}], None):
            claimed = original.certificate.tree()
            claimed[side]["files"] = forged
            assert refusal(FILES, claimed)
            assert side == "primal" or refusal(FILES, claimed, original.emitted)


# How names come ------------------------------------------------------------------------------------

HEAD = "import fadc as fed\nimport jax.numpy as jnp\n"


def objections(
    source: str, files: dict[str, str] | None = None, path: str = "main.py"
) -> list[str]:
    """What is said of a program beside these files."""
    found = closure(source, path, load({**FILES, **(files or {})}))
    return [each.reason for each in found.objections]


STYLES = {
    "as": ("from mechanisms import secure_sum as s\nfrom rounds import one_round as r", "main.py"),
    "star": ("from mechanisms import *\nfrom rounds import *\ns, r = 1, 2", "main.py"),
    "relative": ("from .mechanisms import secure_sum as s\nfrom .rounds import one_round as r", ""),
    "above": (
        "from ..mechanisms import secure_sum as s\nfrom ..rounds import one_round as r",
        "inner/main.py",
    ),
    "from above": (
        "from mechanisms import secure_sum as s\nfrom rounds import one_round as r",
        "a/b/main.py",
    ),
    "by way of another": ("from rounds import secure_sum as s, one_round as r", "main.py"),
    "fadc by way of another": (
        "from rounds import fed, secure_sum as s, one_round as r",
        "main.py",
    ),
    "a package": ("from package import s, r", "main.py"),
}


@pytest.mark.parametrize("style", STYLES)
def test_import_styles(style: str) -> None:
    imports, path = STYLES[style]
    head = "" if style.startswith("fadc") else "import fadc as fed\n"
    if style == "star":
        imports, names = imports.partition("\ns, r")[0], ("secure_sum", "one_round")
    else:
        names = ("s", "r")
    body = (
        "\n\n@fed.computation\ndef program(w: fed.Server, x: fed.Clients) -> fed.Server:\n"
        f"    return {names[1]}(w, x) + {names[0]}(x)\n"
    )
    package = "from .inner import s\nfrom rounds import one_round as r\n"
    inner = "from mechanisms import secure_sum as s  # Of fadc.\n"
    files = {"package/__init__.py": package, "package/inner.py": inner}
    assert objections(head + imports + body, files, path or "main.py") == []


def test_names_do_not_depend_on_where_the_program_lies() -> None:
    for folder in ("", "here/", "/over/there/"):
        files = {f"{folder}{name}": text for name, text in FILES.items()}
        for path in (f"{folder}main.py", f"{folder}derived/main.py"):
            found = closure(MAIN, path, load(files))
            assert [each.name for each in found.files] == ["mechanisms.py", "rounds.py"]
            assert not found.objections


def using(*lines: str, body: str = "return secure_sum(x)") -> str:
    """A program with these lines above it."""
    top = "\n".join(lines)
    signature = "def program(w: fed.Server, x: fed.Clients) -> fed.Server:"
    return f"{HEAD}{top}\n\n\n@fed.computation\n{signature}\n    {body}\n"


SECURE, ROUND = "from mechanisms import secure_sum", "from rounds import one_round"


def unsafe() -> Iterator[tuple[str, str]]:
    """Programs in which an imported name may mean something else, and what is said of them."""
    anew = "binds `secure_sum` anew"
    yield using(SECURE, "from numpy import sum as secure_sum"), anew
    yield using(SECURE, "import numpy as secure_sum"), anew
    yield using(SECURE, "if fed:", "    import numpy as secure_sum"), anew
    yield using(SECURE, "secure_sum = jnp.sum"), anew
    yield using(SECURE, "def secure_sum(x):", "    return x"), anew
    yield using(SECURE, "from elsewhere import *"), "may bind any name"
    yield using(SECURE, "import mechanisms", "mechanisms.secure_sum = jnp.sum"), "replaces"
    yield using("from broken import secure_sum"), "comes from another module, unread"
    yield using("from nowhere import secure_sum"), "comes from another module, unread"
    yield using("from rounds import loss as secure_sum"), "comes from another module, unread"
    call = "return one_round(w, x)"
    yield using(ROUND, "one_round = max", body=call), "binds `one_round` anew"
    yield using(ROUND, "def one_round(w, x):", "    return x", body=call), "binds `one_round` anew"
    yield using(ROUND, body=f"one_round = jnp.dot\n    {call}"), "looks at"
    yield using(ROUND, body="return one_round(x, x)"), "is not where `one_round` wants it"
    yield using(ROUND, body="return one_round(w, w)"), "is not where `one_round` wants it"
    yield using(ROUND, body="return one_round(*[w, x])"), "cannot be followed"


@pytest.mark.parametrize(("source", "reason"), list(unsafe()))
def test_names_that_may_mean_something_else(source: str, reason: str) -> None:
    found = objections(source, {"broken.py": "import fadc\ndef f(:\n"})
    assert any(reason in each for each in found), found


def test_what_else_may_be_imported() -> None:
    """Optional packages, parts of fadc, and local functions change nothing."""
    source = using(
        SECURE,
        "import fadc.engines",
        "try:\n    import optax\nexcept ImportError:\n    optax = None",
        "from rounds import loss",
        "from fadc import *",
        body="return secure_sum(map(loss, broadcast(w), x))",
    )
    assert objections(source) == []


def test_files_that_import_each_other() -> None:
    rounds = ROUNDS.replace("Model =", "from main import inner\n\nModel =")
    assert objections(MAIN, {"rounds.py": rounds}) == []


def test_the_command_line(tmp_path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    main, emitted, cert = (str(tmp_path / n) for n in ("main.py", "derived.py", "cert.json"))
    asked = ["--mode", "reverse", "--wrt", "w"]
    assert command_line(["transform", main, *asked, "-o", emitted]).returncode == 0
    written = command_line(["audit", main, *asked, "--output-format", "json", "-o", cert])
    assert (written.returncode, written.stderr) == (0, "")
    page = command_line(["audit", main, *asked]).stdout
    assert (
        f"- Imported file: `rounds.py`, sha256 {hashlib.sha256(ROUNDS.encode()).hexdigest()}"
        in page
    )
    for file in (main, emitted):
        assert command_line(["audit", file, "--verify", cert]).returncode == 0
    rounds = tmp_path / PurePosixPath("rounds.py")
    rounds.write_text(ROUNDS.replace("** 2", "** 3"), encoding="utf-8")
    for file in (main, emitted):
        done = command_line(["audit", file, "--verify", cert])
        assert done.returncode == 1 and "files[1].sha256" in done.stderr
