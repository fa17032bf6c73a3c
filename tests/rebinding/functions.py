"""Local functions of random programs: what clients run, and now and then the server.

A function of the module may be called as any name of `surroundings.py`, so a definition that names
another binds none of those.
"""

from __future__ import annotations

import dataclasses
import re

from .types import EMPTY, HALF, HALF_SCALAR, INTEGER, NAMED, OPTIMIZER, PAIR, SCALAR, TREE, VECTOR


@dataclasses.dataclass(frozen=True)
class Function:
    """A function of the module: `$name` stands for what a function is called in it.

    Attributes:
        text: the definition, or "" for what is written in place.
        takes: the kinds of its arguments.
        gives: the kind of its result.
        call: what is mapped; `<n>` is a static number.
        feature: what it is switched off by.
    """

    text: str
    takes: tuple[str, ...]
    gives: str
    call: str
    feature: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The functions of the module that the mapped text and the definition name."""
        return frozenset(re.findall(r"\$(\w+)", self.text + self.call))


def _defined(name: str, takes: str, gives: str, text: str, feature: str = "") -> Function:
    return Function(text.strip(), tuple(takes.split()), gives, f"${name}", feature)


def _inline(call: str, takes: str, gives: str, feature: str = "") -> Function:
    return Function("", tuple(takes.split()), gives, call, feature)


FUNCTIONS: dict[str, Function] = {
    "step": _defined(
        "step",
        "vector vector",
        VECTOR,
        """
def $step(w, x):
    return jnp.sin(w * x) + 0.5 * x
""",
    ),
    "loss": _defined(
        "loss",
        "vector vector",
        SCALAR,
        """
def $loss(w, x):
    return jnp.mean(jnp.tanh(w * x))
""",
    ),
    "scaled": _defined(
        "scaled",
        "scalar vector",
        VECTOR,
        """
def $scaled(rate, x):
    return jnp.sin(rate) * x
""",
    ),
    "both": _defined(
        "both",
        "vector vector",
        PAIR,
        """
def $both(w, x):
    return jnp.sum(jnp.sin(w * x)), jnp.cos(w) * x
""",
    ),
    "report": _defined(
        "report",
        "vector vector",
        NAMED,
        """
def $report(w, x):
    return {"delta": jnp.sin(w * x), "n": jnp.sum(x)}
""",
    ),
    "part": _defined(
        "part",
        "named vector",
        VECTOR,
        """
def $part(report, x):
    return jnp.tanh(report["delta"]) * report["n"] + x
""",
    ),
    "first": _defined(
        "first",
        "pair",
        VECTOR,
        """
def $first(pair):
    value, vector = pair
    return jnp.cos(value) * vector
""",
    ),
    "repeated": Function(
        """
def $repeated(v, *, times):
    for _ in range(times):
        v = jnp.sin(v) + 0.5
    return v
""".strip(),
        (VECTOR,),
        VECTOR,
        "$repeated, <V>, times=<n>",
    ),
    "curried": _inline("functools.partial($repeated, times=<n>)", "vector", VECTOR),
    "observed": _defined(
        "observed",
        "tree vector",
        TREE,
        """
def $observed(state, x):
    return {"v": jnp.sin(state["v"] * x), "k": state["k"] + 2}
""",
        "trees",
    ),
    "read": _defined(
        "read",
        "tree",
        VECTOR,
        """
def $read(state):
    return jnp.tanh(state["v"]) * state["k"]
""",
        "trees",
    ),
    "counted": _defined(
        "counted",
        "vector",
        INTEGER,
        """
def $counted(v):
    return jnp.sum(v > 0.4) + 1
""",
        "integers",
    ),
    "weighed": _defined(
        "weighed",
        "integer vector",
        VECTOR,
        """
def $weighed(k, v):
    return jnp.sin(v) * k
""",
        "integers",
    ),
    "rounded": _defined(
        "rounded",
        "vector",
        HALF,
        """
def $rounded(v):
    return v.astype(jnp.bfloat16)
""",
        "halves",
    ),
    "blurred": _defined(
        "blurred",
        "half half",
        HALF,
        """
def $blurred(a, b):
    return jnp.sin(a) * b
""",
        "halves",
    ),
    "widened": _defined(
        "widened",
        "half vector",
        VECTOR,
        """
def $widened(h, v):
    return jnp.sin(h) * v
""",
        "halves",
    ),
    "heft": _defined(
        "heft",
        "half",
        HALF_SCALAR,
        """
def $heft(h):
    return jnp.sum(jnp.exp(jnp.sin(h)))
""",
        "halves",
    ),
    "quantize": _defined(
        "quantize",
        "vector",
        VECTOR,
        """
@jax.custom_vjp
def $quantize(v):
    return jnp.round(4.0 * v) / 4.0


def $quantize_fwd(v):
    return jnp.round(4.0 * v) / 4.0, None


def $quantize_bwd(_, bar):
    return (bar,)


$quantize.defvjp($quantize_fwd, $quantize_bwd)
""",
        "rules",
    ),
    "clipped": _defined(
        "clipped",
        "vector vector",
        VECTOR,
        """
@jax.custom_vjp
def $clipped(v, x):
    return v * x


def $clipped_fwd(v, x):
    return v * x, (v, x)


def $clipped_bwd(kept, bar):
    v, x = kept
    return jnp.tanh(x * bar), jnp.sin(v) * bar


$clipped.defvjp($clipped_fwd, $clipped_bwd)
""",
        "rules",
    ),
    "straight": _defined(
        "straight",
        "vector",
        VECTOR,
        """
@jax.custom_jvp
def $straight(v):
    return jnp.sign(v) * 0.5


@$straight.defjvp
def $straight_rule(primals, tangents):
    (v,), (v_dot,) = primals, tangents
    return jnp.sign(v) * 0.5, jnp.cos(v) * v_dot
""",
        "rules",
    ),
    "gradient": _defined(
        "gradient",
        "vector vector",
        VECTOR,
        "$gradient = jax.grad($loss)",
        "jax_functions",
    ),
    "value_and_gradient": _defined(
        "value_and_gradient",
        "vector vector",
        PAIR,
        "$value_and_gradient = jax.value_and_grad($loss)",
        "jax_functions",
    ),
    "pulled": _defined(
        "pulled",
        "vector vector",
        VECTOR,
        """
def $pulled(left, right):
    found, back = jax.vjp($loss, left, right)
    return back(found)[0] + left
""",
        "jax_functions",
    ),
    "compiled": _defined(
        "compiled",
        "vector vector",
        VECTOR,
        """
@jax.jit
def $compiled(w, x):
    return jnp.sin(w + x)
""",
        "jax_functions",
    ),
    "scanned": _defined(
        "scanned",
        "vector vector",
        VECTOR,
        """
def $scanned(w, x):
    def body(carry, item):
        return jnp.sin(carry * item), carry

    return jax.lax.scan(body, w, jnp.stack([x, x]))[1][1]
""",
        "jax_functions",
    ),
    "optimizer": Function(
        """
class $Optimizer:
    def __init__(self, rate):
        self.rate = rate

    def init(self, w):
        return jnp.sin(w)

    def update(self, g, state):
        return -self.rate * g, 0.5 * state + g


def $optimizer(rate):
    return $Optimizer(rate)
""".strip(),
        (),
        OPTIMIZER,
        "$optimizer",
        "objects",
    ),
    "ignoring": _inline(
        "lambda nothing, v: jnp.sin(v)", "empty vector", VECTOR, "empty_containers"
    ),
    "nothing": _inline("lambda v: ()", "vector", EMPTY, "empty_containers"),
    "sine": _inline("jnp.sin", "vector", VECTOR),
    "product": _inline("jnp.multiply", "vector vector", VECTOR),
    "inner": _inline("jnp.vdot", "vector vector", SCALAR),
    "tangent": _inline("jnp.tanh", "scalar", SCALAR),
    "weights": _inline("lambda v: jnp.exp(jnp.sin(v))", "scalar", SCALAR),
    "raised": _inline("lambda v: jnp.sin(v * <n>)", "vector", VECTOR),
    "turned": _inline("lambda u, v: u * jnp.cos(v) + <n>", "scalar scalar", SCALAR),
    "wrapped": _inline('lambda v: {"v": jnp.sin(v), "k": jnp.asarray(2)}', "vector", TREE, "trees"),
    "whole": _inline("lambda t: t['k']", "tree", INTEGER, "trees"),
    "more": _inline("lambda k: k + 1", "integer", INTEGER, "integers"),
    "half": _inline("lambda h: jnp.exp(jnp.sin(h))", "half_scalar", HALF_SCALAR, "halves"),
}

DEFINED = tuple(name for name, function in FUNCTIONS.items() if function.text)


def required(names: frozenset[str]) -> frozenset[str]:
    """These functions of the module and those that their definitions name."""
    found = {name for name in names if name in FUNCTIONS}
    for name in tuple(found):
        needed = FUNCTIONS[name].names & set(FUNCTIONS) - {name}
        found |= required(frozenset(needed))
    return frozenset(found)


def parts_of(function: Function) -> frozenset[str]:
    """The further names that a definition binds, such as those of a rule's two halves."""
    return frozenset(name for name in function.names if name not in FUNCTIONS)
