"""Calls of library functions: JAX's, in families of equal behaviour, NumPy's and Python's."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.diagnostics import Severity
from fadc.lint import library, signs
from fadc.lint.builtins import call_builtin
from fadc.lint.control import CONTROL
from fadc.lint.effects import is_message, refuse_effect
from fadc.lint.facts import (
    STATIC,
    Fact,
    Kind,
    Pending,
    Sign,
    combined,
    constant,
    cut,
)
from fadc.lint.frame import CallFrame
from fadc.lint.functions import DerivedFunction, Library, OwnFunction, Partial
from fadc.lint.gradients import singular, zero_gradient
from fadc.lint.sites import Site, unknown_result


def call_library(frame: CallFrame, name: str, site: Site) -> Fact:
    """The fact of the result of an imported or builtin function."""
    if is_message(name):
        return combined(site.facts) if site.facts else STATIC
    if refuse_effect(frame, name, site.node):
        return unknown_result(site)
    made = _make_function(name, site)
    if made is not None:
        return made
    if name in CONTROL:
        return CONTROL[name](frame, site)
    if name in library.STOPS:
        return _stop(frame, site)
    if "." not in name:
        return call_builtin(frame, name, site)
    if name.startswith(library.OUTSIDE):
        return _call_outside(frame, name, site)
    if name.startswith("jax.random."):
        return _draw(frame, name, site)
    if name.startswith(library.JAX):
        found = call_family(frame, name.rpartition(".")[2], site)
        # Under `jax.jit` even `jnp.zeros(3)` is traced.
        static = found.kind is Kind.STATIC and found is not STATIC
        return replace(found, kind=Kind.UNKNOWN) if static else found
    return unknown_result(site)


def _make_function(name: str, site: Site) -> Fact | None:
    """Higher-order functions."""
    function = site.args[0].function if site.args else None
    if name == "functools.partial" and function is not None:
        keywords = tuple(site.keywords.items())
        return Fact(Kind.STATIC, function=Partial(function, site.args[1:], keywords))
    if name not in library.TRANSPARENT | library.OPAQUE | library.DERIVATIVES:
        return None
    if function is None:
        # ``jax.jit(static_argnums=0)`` is called with its function later.
        return Fact(Kind.STATIC, function=Library(name)) if not site.args else unknown_result(site)
    if name in library.DERIVATIVES:
        return Fact(Kind.STATIC, function=DerivedFunction(function, name))
    if name in library.OPAQUE and isinstance(function, OwnFunction):
        return Fact(Kind.STATIC, function=replace(function, rule=name))
    return Fact(Kind.STATIC, function=function)


def _stop(frame: CallFrame, site: Site) -> Fact:
    """``jax.lax.stop_gradient``: its result deliberately has no derivative."""
    whole = combined(site.facts)
    said = zero_gradient(frame, site.node, "`jax.lax.stop_gradient`")
    lost = {Pending(said, whole.active, deliberate=True)} if whole.active else set()
    value = site.args[0] if site.args else whole
    return replace(constant(value), pending=frozenset(lost), borrowed=False)


def _call_outside(frame: CallFrame, name: str, site: Site) -> Fact:
    """A function of NumPy, which needs the values of its arguments."""
    last = name.rpartition(".")[2]
    if last in library.SHAPES:
        return STATIC
    nodes = [*site.nodes, *[site.node] * len(site.args)]
    given = [(fact, node) for fact, node in zip(site.args, nodes, strict=False) if fact.traced]
    given += [
        (f, site.keyword_nodes.get(k, site.node)) for k, f in site.keywords.items() if f.traced
    ]
    if not given:
        whole = unknown_result(site)
        return replace(whole, sign=signs.of_call(last, site.args))
    fact, node = given[0]
    handed_on = name.startswith("numpy.") and last in library.HANDED_ON
    instead = f"jax.{name}" if name.startswith("scipy.") else f"jax.numpy.{last}"
    slots = {"callee": name, "value": frame.text(node), "function": frame.label}
    mild = handed_on or not (frame.at_clients or fact.active)
    severity = Severity.WARNING if mild else None
    frame.report("FAD407", site.node, severity, instead=instead, **slots)
    if handed_on:
        return call_family(frame, last, site)
    return replace(combined(map(constant, site.facts)), kind=Kind.UNKNOWN)


def _draw(frame: CallFrame, name: str, site: Site) -> Fact:
    """A random number: the same at all clients if its key is."""
    last = name.rpartition(".")[2]
    drawn = combined(map(constant, site.facts), Kind.ARRAY)
    key = site.argument(0, "key")
    if last in library.NOISES and key is not None and key.shared and frame.at_clients:
        # If it is later added to a value that differs between clients, it is noise.
        said = frame.diagnostic("FAD416", site.node, callee=f"jax.random.{last}")
        drawn = replace(drawn, noise=frozenset([said]))
    return drawn


def call_family(frame: CallFrame, last: str, site: Site) -> Fact:
    """A function of ``jax.numpy`` or the like, or a method of an array, by its last name."""
    if last in library.SHAPES:
        return STATIC
    if last in library.COMPARING:
        return cut(site.facts)
    if last in library.ROUNDING or last in library.CHOOSING or _is_cast(last, site):
        return cut(site.facts, zero_gradient(frame, site.node, f"`{_called(frame, site)}`"))
    if last in ("where", "select", "piecewise") and len(site.args) > 1:
        chosen = replace(cut([site.args[0]]), pending=frozenset())
        return combined([chosen, *site.args[1:]], Kind.ARRAY, signs.of_call(last, site.args))
    traced = any(fact.traced for fact in site.facts)
    kind = Kind.TREE if last in library.TUPLES or last.startswith("tree") else Kind.ARRAY
    keeps = last in library.SIGN_KEEPING
    fact = combined(
        site.facts, kind if traced else None, signs.of_call(last, site.args), noisy=keeps
    )
    singular_at = last in library.ROOTS or last in library.NORMS
    if singular_at and fact.active and site.args and site.args[0].sign is not Sign.POSITIVE:
        operand = site.nodes[0] if site.nodes else site.node
        return singular(frame, site.node, fact, operand)
    return fact


def _called(frame: CallFrame, site: Site) -> str:
    """The name of a function as the program writes it."""
    return frame.text(site.node.func if isinstance(site.node, ast.Call) else site.node)


def _is_cast(last: str, site: Site) -> bool:
    """Whether a call converts its argument to integers or booleans."""
    if last in library.INTEGERS:
        return True
    if last not in ("astype", "asarray", "array", "convert_element_type", "full_like"):
        return False
    types = [*site.nodes[1:2], *(v for k, v in site.keyword_nodes.items() if k == "dtype")]
    return any(_is_discrete_type(node) for node in types)


def _is_discrete_type(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in library.INTEGERS
        case ast.Constant(value=str() as name):
            return name in library.INTEGERS
    return False
