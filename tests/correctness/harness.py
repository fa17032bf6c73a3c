"""Runs emitted derivatives and compares them with JAX's, to any order.

The unit is a `Case`: a program's text, one of its computations, arguments, and a *reference*: a JAX
function with the signature of that computation. `derive` transforms the text, runs what comes out,
compares it with `jax.jvp` or `jax.vjp` of the reference, and returns the emitted computation
as the next case, whose reference is JAX's derivative. So a second or third order is the same
function applied again:

    case = primal_case(program, clients=2)
    (vjp,) = derive(case, Step("reverse"))
    derive(vjp, Step("forward"))
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import inspect
import itertools
import json
import linecache
import re
import subprocess
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.dtypes import float0

import fadc

from ..programs.catalogue import Program

TOLERANCE = 1e-9
"""How far two float64 results may be apart, relative to 1 + the largest entry."""

RESIDUALS = ("store", "recompute", "rebroadcast")

Mode = Literal["forward", "reverse", "mixed"]


@dataclasses.dataclass(frozen=True)
class Step:
    """One application of `transform`: its options beside the program's own.

    Attributes:
        mode: forward or reverse.
        residuals: the policy of reverse mode.
        wrt: the parameters; None for those of the case.
        checkpoint: the loop checkpoint distance, or None.
        dims: the sizes that mixed mode decides by.
        accumulate: what mixed mode is told to do with stages.
    """

    mode: Mode
    residuals: str = "store"
    wrt: tuple[str, ...] | None = None
    checkpoint: int | None = None
    dims: tuple[tuple[str, int], ...] = ()
    accumulate: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """The name of this step in test reports."""
        checkpoint = f"-every{self.checkpoint}" if self.checkpoint else ""
        return self.mode if self.mode == "forward" else f"{self.mode}-{self.residuals}{checkpoint}"


@dataclasses.dataclass(frozen=True)
class Case:
    """A computation in a program's text, arguments for it, and what it should compute.

    Attributes:
        text: the program.
        name: the computation.
        reference: a JAX function of the same keyword arguments. With `result` or `has_aux` it
            returns a pair of what is differentiated and the auxiliary results.
        arguments: the placed arguments.
        static: the static arguments.
        wrt: what to differentiate by.
        home: the module whose classes the arguments and the reference's results have.
        seeds: those of the arguments that the last derivation added.
        result: the `result` option of the next transformation.
        has_aux: whether `reference` returns a pair of output and auxiliary results.
        strict: whether containers are compared. Those of auxiliary results are left open.
        key: what the reference's results are remembered by, or None. Residual policies share it.
    """

    text: str
    name: str
    reference: Callable[..., Any]
    arguments: Mapping[str, Any]
    static: Mapping[str, Any]
    wrt: tuple[str, ...]
    home: types.ModuleType
    seeds: tuple[str, ...] = ()
    result: str | int | None = None
    has_aux: bool = False
    strict: bool = True
    key: tuple[Any, ...] | None = None

    @functools.cached_property
    def module(self) -> types.ModuleType:
        """The text, loaded."""
        return load(self.text, self.name)

    @property
    def function(self) -> Callable[..., Any]:
        """The computation, loaded from the text."""
        return getattr(self.module, self.name)

    @functools.cached_property
    def results(self) -> Any:
        """What the computation returns under `jax.jit`, static arguments closed over."""
        return jax.jit(functools.partial(run_eagerly, self))(dict(self.arguments))

    @property
    def wrt_and_seeds(self) -> tuple[str, ...]:
        """What to differentiate by next: wrt, and the real ones of the last seeds."""
        real = [
            name
            for name in self.seeds
            if all(is_real(leaf) for leaf in jax.tree.leaves(self.arguments[name]))
        ]
        return (*self.wrt, *real)


# Loading and calling --------------------------------------------------------------------------

MODULE_PREFIX = "fadc_test_module_"
_count = itertools.count()


def load(text: str, name: str) -> types.ModuleType:
    """Runs a module's text under a fresh module name, visible to inspect and in tracebacks.

    Dataclasses and `inspect.getsource` look their module up in `sys.modules`, so it stays there.
    """
    module_name = f"{MODULE_PREFIX}{name}_{next(_count)}"
    filename = f"<{module_name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = types.ModuleType(module_name)
    module.__file__ = filename
    sys.modules[module_name] = module
    # This module's own __future__ imports must not change what the text means.
    exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module


@functools.lru_cache(maxsize=256)
def _loaded_once(text: str, name: str) -> types.ModuleType:
    return load(text, name)


def call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Calls with every argument by name, but for positional-only parameters."""
    positional = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in arguments
    ]
    keywords = {name: value for name, value in arguments.items() if name not in positional}
    return function(*(arguments[name] for name in positional), **keywords)


def run_eagerly(case: Case, arguments: Mapping[str, Any]) -> Any:
    """Runs the case's computation."""
    placed = {name: moved(value, case.module) for name, value in arguments.items()}
    return moved(call(case.function, {**placed, **case.static}), case.home)


_expected: dict[tuple[Any, ...], Any] = {}


def expected_results(case: Case, eager: bool) -> Any:
    """What the reference returns, remembered for a while.

    Where nothing runs eagerly it does not either: it would be compiled operation by operation.
    """
    if case.key in _expected:
        return _expected[case.key]
    reference = functools.partial(run_reference, case)
    results = (reference if eager else jax.jit(reference))(dict(case.arguments))
    if case.key is not None:
        if len(_expected) >= 16:
            del _expected[next(iter(_expected))]
        _expected[case.key] = results
    return results


def run_reference(case: Case, arguments: Mapping[str, Any]) -> Any:
    """What JAX says that the case's computation should return."""
    return call(case.reference, {**arguments, **case.static})


def moved(value: Any, module: types.ModuleType) -> Any:
    """A pytree with the classes of another copy of the user's module.

    An emitted module defines the user's classes again, and to JAX they are other classes.
    """
    kind = type(value)
    if kind.__module__.startswith(MODULE_PREFIX):
        target = getattr(module, kind.__name__, kind)
        names = getattr(kind, "_fields", None) or [f.name for f in dataclasses.fields(kind)]
        return target(**{name: moved(getattr(value, name), module) for name in names})
    if kind is dict:
        return {name: moved(part, module) for name, part in value.items()}
    return kind(moved(part, module) for part in value) if kind in (list, tuple) else value


# Cases from programs --------------------------------------------------------------------------


def primal_case(program: Program, clients: int, seed: int = 0) -> Case:
    """The case of a program of the catalogue with random arguments."""
    source = program.source
    module = _loaded_once(source, program.name)
    arguments = program.inputs(module, clients, np.random.default_rng([seed, clients]))
    return source_case(
        source,
        program.of,
        arguments,
        wrt=program.wrt,
        static=program.static,
        result=program.result,
        module=module,
        key=(program.id, clients, seed),
    )


def source_case(
    source: str,
    of: str,
    arguments: Mapping[str, Any],
    *,
    wrt: tuple[str, ...],
    static: Mapping[str, Any] | None = None,
    result: str | int | None = None,
    module: types.ModuleType | None = None,
    key: tuple[Any, ...] | None = None,
) -> Case:
    """The case of any program's text."""
    module = module or load(source, of)
    function = getattr(module, of)

    def reference(**keywords: Any) -> Any:
        results = call(function, keywords)
        return results if result is None else _selected(results, source, of, result)

    return Case(
        source,
        of,
        reference,
        arguments,
        static or {},
        wrt,
        module,
        result=result,
        has_aux=result is not None,
        strict=result is None,
        key=key,
    )


def _selected(results: Any, source: str, of: str, result: str | int) -> tuple[Any, Any]:
    """What `result` names, and the other results in order: of a dict, that of JAX by its keys."""
    if isinstance(results, dict):
        return results[result], {k: value for k, value in results.items() if k != result}
    index = result if isinstance(result, int) else _returned_names(source, of).index(result)
    return results[index], [value for k, value in enumerate(results) if k != index]


def _returned_names(source: str, of: str) -> list[str | None]:
    definitions = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
    returned = definitions[of].body[-1].value
    return [element.id if isinstance(element, ast.Name) else None for element in returned.elts]


# Transforming ---------------------------------------------------------------------------------


def transform(case: Case, step: Step) -> fadc.Transformed:
    """Applies one step to the case's text."""
    return _transform(case.text, case.name, step.wrt or case.wrt, case.result, step)


@functools.lru_cache(maxsize=256)
def _transform(
    text: str,
    of: str,
    wrt: tuple[str, ...],
    result: str | int | None,
    step: Step,
) -> fadc.Transformed:
    return fadc.transform(
        text,
        mode=step.mode,
        of=of,
        wrt=wrt,
        result=result,
        residuals=step.residuals,
        checkpoint=step.checkpoint,
        dims=dict(step.dims),
        accumulate=dict(step.accumulate),
    )


@functools.lru_cache(maxsize=256)
def check(text: str) -> tuple[fadc.Diagnostic, ...]:
    """What `fadc.check` says."""
    return tuple(fadc.check(text))


def errors(diagnostics: Iterable[Any]) -> list[Any]:
    """Those of the diagnostics that refuse the program."""
    return [d for d in diagnostics if str(getattr(d.severity, "value", d.severity)) == "error"]


def assert_refused(case: Case, step: Step) -> None:
    """No text comes out, and a diagnostic says why."""
    transformed = transform(case, step)
    assert transformed.text == "", "a refused program must not be emitted"
    assert errors(transformed.diagnostics), "a refusal needs an error diagnostic"


def derive(
    case: Case,
    step: Step,
    *,
    seed: int = 1,
    eager: bool = False,
    jit: bool = True,
    may_refuse: bool = False,
    seeded: bool = True,
) -> list[Case]:
    """Transforms, runs, compares with JAX, and returns the emitted computations as cases.

    Unless `seeded`, NAME_vjp is left alone where there is a NAME_value_and_grad.

    Raises:
        AssertionError: the emitted derivative is not JAX's, or is not a program of the language.
    """
    transformed = transform(case, step)
    refusals = errors(transformed.diagnostics)
    if may_refuse and refusals:
        assert transformed.text == ""
        return []
    assert not refusals, _report("transform refuses", refusals, case.text)
    assert transformed.text, "nothing was emitted, and no error says why"
    complaints = errors(check(transformed.text))
    assert not complaints, _report("check refuses what was emitted", complaints, transformed.text)

    case = dataclasses.replace(case, wrt=step.wrt or case.wrt)
    maker = forward_case if step.mode == "forward" else reverse_case
    derived = [maker(case, transformed.text, seed)]
    if step.mode != "forward" and has_value_and_grad(case, transformed.text):
        derived.append(value_and_grad_case(case, transformed.text))
    for emitted in derived if seeded else derived[-1:]:
        with _text_on_failure(emitted.text):
            assert_agrees(emitted, eager=eager, jit=jit)
    return derived


def assert_agrees(case: Case, *, eager: bool = False, jit: bool = True) -> None:
    """The computation returns what its reference returns, eagerly and under jit."""
    if not (eager or jit):
        return
    expected = expected_results(case, eager)
    if eager:
        actual = run_eagerly(case, case.arguments)
        assert_close(actual, expected, case.name, strict=case.strict)
    if jit:
        assert_close(case.results, expected, f"jit {case.name}", strict=case.strict)


# The three kinds of derivative ----------------------------------------------------------------


def forward_case(case: Case, text: str, seed: int) -> Case:
    """`NAME_jvp` of a case, beside `jax.jvp` of its reference."""
    rng = np.random.default_rng([seed, 1])
    added = _added_parameters(case, text, "jvp", [f"{name}_dot" for name in case.wrt])
    dots = dict(zip(case.wrt, added, strict=True))
    tangents = {dots[name]: random_tangent(case.arguments[name], rng) for name in case.wrt}

    def reference(**keywords: Any) -> Any:
        directions = tuple(keywords.pop(dots[name]) for name in case.wrt)
        function, point = _as_function_of_wrt(case, keywords)
        if not case.has_aux:
            return jax.jvp(function, point, directions)
        out, out_dot, aux = jax.jvp(function, point, directions, has_aux=True)
        return out, out_dot, aux

    return _next_case(case, text, "jvp", seed, reference, {**case.arguments, **tangents})


def reverse_case(case: Case, text: str, seed: int) -> Case:
    """`NAME_vjp` of a case, beside `jax.vjp` of its reference."""
    rng = np.random.default_rng([seed, 2])
    (out_bar,) = _added_parameters(case, text, "vjp", ["out_bar"])
    if case.has_aux:
        primal, _ = jax.eval_shape(functools.partial(run_reference, case), dict(case.arguments))
    else:
        primal = jax.eval_shape(functools.partial(run_eagerly, case), dict(case.arguments))
    cotangent = random_tangent(primal, rng)

    def reference(**keywords: Any) -> Any:
        seed_bar = keywords.pop(out_bar)
        function, point = _as_function_of_wrt(case, keywords)
        out, pullback, *aux = jax.vjp(function, *point, has_aux=case.has_aux)
        fitting_seed = jax.tree.unflatten(jax.tree.structure(out), jax.tree.leaves(seed_bar))
        return (out, tuple(pullback(fitting_seed)), *aux)

    return _next_case(case, text, "vjp", seed, reference, {**case.arguments, out_bar: cotangent})


def value_and_grad_case(case: Case, text: str) -> Case:
    """`NAME_value_and_grad` of a case, beside `jax.value_and_grad` of its reference."""

    def reference(**keywords: Any) -> Any:
        function, point = _as_function_of_wrt(case, keywords)
        numbers = tuple(range(len(point)))
        return jax.value_and_grad(function, numbers, has_aux=case.has_aux, allow_int=True)(*point)

    return _next_case(case, text, "value_and_grad", 0, reference, case.arguments)


def has_value_and_grad(case: Case, text: str) -> bool:
    """Whether the module defines `NAME_value_and_grad`."""
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    return f"{case.name}_value_and_grad" in names


def _next_case(
    case: Case,
    text: str,
    suffix: str,
    seed: int,
    reference: Callable[..., Any],
    arguments: Mapping[str, Any],
) -> Case:
    # From here on the auxiliary results are results like the others.
    return dataclasses.replace(
        case,
        text=text,
        name=f"{case.name}_{suffix}",
        reference=reference,
        arguments=arguments,
        seeds=tuple(name for name in arguments if name not in case.arguments),
        result=None,
        has_aux=False,
        key=case.key and (*case.key, suffix, seed, case.wrt),
    )


def _as_function_of_wrt(case: Case, keywords: Mapping[str, Any]) -> tuple[Callable, tuple]:
    def function(*values: Any) -> Any:
        return call(case.reference, {**keywords, **dict(zip(case.wrt, values, strict=True))})

    return function, tuple(keywords[name] for name in case.wrt)


def _added_parameters(case: Case, text: str, suffix: str, usual: list[str]) -> list[str]:
    """The parameters of a derivative that its primal has not: the usual ones, numbered where taken."""
    definitions = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
    own = set(inspect.signature(case.function).parameters)
    if f"{case.name}_{suffix}" not in definitions:
        return [_free(name, own) for name in usual]
    parameters = definitions[f"{case.name}_{suffix}"].args.kwonlyargs
    added = [each.arg for each in parameters if each.arg not in own]
    assert [re.sub(r"_\d+$", "", name) for name in added] == [
        re.sub(r"_\d+$", "", name) for name in usual
    ]
    return added


def _free(name: str, taken: set[str]) -> str:
    """The name itself, or the first free of name_2, name_3 …; it is taken then."""
    candidates = itertools.chain([name], (f"{name}_{k}" for k in itertools.count(2)))
    free = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free)
    return free


# Tangents and comparisons ---------------------------------------------------------------------


def random_tangent(tree: Any, rng: np.random.Generator) -> Any:
    """A random tangent (or cotangent) of a pytree: float0 zeros for what is not real."""
    return jax.tree.map(lambda leaf: _random_leaf(leaf, rng), tree)


def _random_leaf(leaf: Any, rng: np.random.Generator) -> Any:
    shape = np.shape(leaf)
    if is_real(leaf):
        return jnp.asarray(rng.uniform(-1.0, 1.0, shape), dtype=jnp.result_type(leaf))
    return np.zeros(shape, float0)


def is_real(leaf: Any) -> bool:
    """Whether a leaf is a float, so that it has a tangent."""
    return jnp.issubdtype(_dtype(leaf), jnp.floating)


def _dtype(leaf: Any) -> Any:
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)


def assert_close(actual: Any, expected: Any, what: str, *, strict: bool = True) -> None:
    """Floats are within the tolerance; all else is equal, containers too if `strict`."""
    actual_leaves, expected_leaves = jax.tree.leaves(actual), jax.tree.leaves(expected)
    actual_tree, expected_tree = jax.tree.structure(actual), jax.tree.structure(expected)
    alike = actual_tree == expected_tree if strict else len(actual_leaves) == len(expected_leaves)
    assert alike, f"{what} returns the structure\n  {actual_tree}\nand not\n  {expected_tree}"
    for k, (got, wanted) in enumerate(zip(actual_leaves, expected_leaves, strict=True)):
        _assert_leaf_close(got, wanted, f"{what}, leaf {k} of {expected_tree}")


def _assert_leaf_close(got: Any, wanted: Any, what: str) -> None:
    assert np.shape(got) == np.shape(wanted), (
        f"{what}: shape {np.shape(got)} and not {np.shape(wanted)}"
    )
    if _dtype(wanted) == float0:
        assert _dtype(got) == float0, f"{what}: {_dtype(got)} and not float0"
    elif jnp.issubdtype(_dtype(wanted), jax.dtypes.prng_key):
        np.testing.assert_array_equal(jax.random.key_data(got), jax.random.key_data(wanted), what)
    elif is_real(wanted):
        assert is_real(got), f"{what}: {_dtype(got)} and not {_dtype(wanted)}"
        got, wanted = np.asarray(got), np.asarray(wanted)
        assert np.all(np.isfinite(wanted)), f"{what}: the test itself is not finite: {wanted}"
        largest = np.max(np.abs(wanted), initial=0.0)
        distance = np.max(np.abs(got - wanted), initial=0.0)
        assert distance <= TOLERANCE * (1.0 + largest), f"{what}:\n{got}\nand not\n{wanted}"
    else:
        np.testing.assert_array_equal(np.asarray(got), np.asarray(wanted), what)


def assert_transposes(jvp: Case, vjp: Case) -> None:
    """The dot-product test: ⟨J v, u⟩ = ⟨v, Jᵀ u⟩ for the emitted derivatives of one case."""
    directions = [jvp.arguments[name] for name in jvp.seeds]
    (out_bar,) = [vjp.arguments[name] for name in vjp.seeds]
    out_dot, bars = jvp.results[1], vjp.results[1]
    left, right = inner_product(out_dot, out_bar), inner_product(directions, bars)
    assert abs(left - right) <= TOLERANCE * (1.0 + abs(right)), f"⟨Jv,u⟩={left}, ⟨v,Jᵀu⟩={right}"


def inner_product(a: Any, b: Any) -> float:
    """The sum of products over the real leaves."""
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return float(sum(np.sum(np.asarray(p) * np.asarray(q)) for p, q in pairs if is_real(p)))


# What failures and linters say ----------------------------------------------------------------


@contextlib.contextmanager
def _text_on_failure(text: str) -> Iterator[None]:
    """Adds the emitted text to whatever is raised while this runs."""
    try:
        yield
    except Exception as error:
        error.add_note(f"The emitted program:\n{_numbered(text)}")
        raise


def _report(what: str, diagnostics: Iterable[Any], text: str) -> str:
    lines = [f"{d.code} {d.message}" for d in diagnostics]
    return "\n".join([f"{what}:", *lines, "", _numbered(text)])


def _numbered(text: str) -> str:
    return "\n".join(f"{k:4d} {line}" for k, line in enumerate(text.splitlines(), 1))


def lint(texts: Mapping[str, str], folder: Path) -> dict[str, set[tuple[str, str]]]:
    """What ruff's default rules say about each text, in one process: (code, message) pairs."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--exit-zero"]
    # Programs stand in a project next to fadc, so it is a first-party import to them.
    first_party = f"src = [{json.dumps(str(Path(fadc.__file__).parents[1]))}]"
    options = [f"--config={first_party}", "--line-length=100", "--output-format=json", str(folder)]
    output = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    findings: dict[str, set[tuple[str, str]]] = {name: set() for name in texts}
    for finding in json.loads(output.stdout):
        name = Path(finding["filename"]).stem
        findings[name].add((finding["code"], finding["message"]))
    return findings
