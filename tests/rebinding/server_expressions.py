"""Server and static expressions by kind.

`<V>` is any server vector, `<.V>` one without a message in it; likewise for the other kinds.
`$step` is a function of the module, `<fed>` what stands in front of a primitive.
"""

from __future__ import annotations

from .types import (
    EMPTY,
    FACTOR,
    HALF,
    HALF_SCALAR,
    INTEGER,
    LOOSE,
    NAMED,
    NUMBER,
    PAIR,
    SCALAR,
    TREE,
    TRUTH,
    VECTOR,
)

LETTERS = {
    "S": SCALAR,
    "V": VECTOR,
    "T": TREE,
    "H": HALF,
    "Q": HALF_SCALAR,
    "I": INTEGER,
    "P": PAIR,
    "D": NAMED,
    "E": EMPTY,
    "L": LOOSE,
    "n": NUMBER,
    "f": FACTOR,
    "b": TRUTH,
}

SERVER_TEMPLATES: dict[str, tuple[str, ...]] = {
    SCALAR: (
        "jnp.sum(<V>)",
        "jnp.sum(<V> * <V>)",
        "jnp.sin(<S>)",
        "<S> * jnp.tanh(<S>)",
        "<S> + <S>",
        "<f> * <S>",
        "jnp.vdot(<V>, jnp.cos(<V>))",
        "<S> / <fed>num_clients()",
        "jnp.tanh(<S> - <n> * <S>)",
        'jnp.sum(<T>["v"]) * <T>["k"]',
        "sum(jnp.sin(v) * <.S> for v in <.V>)",
        "jnp.sin(<P>[0])",
        '<D>["n"]',
        "jnp.tanh(<I> * 0.5)",
        "jnp.sum(jnp.sin(<H>) * <V>)",
        "<S> * <Q>",
        "jnp.sin(<L>) * <S>",
    ),
    VECTOR: (
        "jnp.sin(<V>)",
        "<V> * <V>",
        "<V> - <S> * jnp.tanh(<V>)",
        "<V> + <V>",
        "<V> / <fed>num_clients()",
        "<V> * <f>",
        "<V> * <L>",
        "jnp.cos(<V>) * <V>",
        "jnp.where(<V> > 0.1, <V>, jnp.sin(<V>))",
        '<T>["v"] * jnp.sin(<S>)',
        "jnp.sin(<V> * <n>)",
        "jnp.stack([<S>, <S>, <S>])",
        "jax.grad(lambda u: jnp.sum(jnp.sin(u * <.S>)))(<V>)",
        "jnp.ones(3)",
        "<P>[1]",
        '<D>["delta"]',
        "jnp.tanh(<H> * <V>)",
        "jnp.sin(<V>) * <I>",
        "$step(<V>, <V>)",
        "$straight(<V>)",
        "$quantize(<V>)",
    ),
    TREE: (
        '{"v": jnp.sin(<V>), "k": <I>}',
        "jax.tree.map(lambda a: a * 2, <T>)",
        "jax.tree.map(lambda a, b: a + b, <T>, <T>)",
        'dict(<T>, v=<T>["v"] * <S>)',
    ),
    HALF: (
        "jnp.sin(<H>)",
        "<H> + <H>",
        "<H> * 0.5",
        "<V>.astype(jnp.bfloat16)",
        "<Q> * <H>",
    ),
    HALF_SCALAR: (
        "jnp.sum(jnp.sin(<H>))",
        "jnp.tanh(<Q>)",
        "jnp.asarray(<S>, jnp.bfloat16)",
        "jnp.asarray(0.5, jnp.bfloat16)",
    ),
    INTEGER: (
        "<I> + 1",
        "(<I> + 3) % 5",
        "jnp.argmax(<V>)",
        "jnp.asarray(2)",
        "jnp.sum(<V> > 0.3)",
        '<T>["k"]',
    ),
    PAIR: ("(<S>, <V>)",),
    NAMED: ('{"delta": <V>, "n": <S>}',),
    EMPTY: ("()",),
    LOOSE: ("jnp.sin(<L>)", "jnp.sum(<V>)"),
}

CLIENT_DISPLAYS = {PAIR: "(<S>, <V>)", NAMED: '{"delta": <V>, "n": <S>}'}
CLIENT_ITEMS = {
    VECTOR: ('<.D>["delta"]', '<.T>["v"]'),
    SCALAR: ('<.D>["n"]',),
    INTEGER: ('<.T>["k"]',),
}

STATIC_TEMPLATES: dict[str, tuple[str, ...]] = {
    NUMBER: ("1", "2", "0", "(<n> + 1) % 3", "<n> * 2 % 3", "2 - <n>", "<.V>.ndim"),
    FACTOR: ("0.5", "0.25 * (<n> + 1)", "<f> * 0.5"),
    TRUTH: ("not <b>", "<n> > 0", "<n> == 1", "<b> and <n> > 0", "True", "False"),
}

CONSTANTS = {
    SCALAR: "jnp.asarray(0.5)",
    VECTOR: "jnp.ones(3)",
    TREE: '{"v": jnp.ones(3), "k": jnp.asarray(1)}',
    HALF: "jnp.ones(3, jnp.bfloat16)",
    HALF_SCALAR: "jnp.asarray(0.5, jnp.bfloat16)",
    INTEGER: "jnp.asarray(2)",
    PAIR: "(jnp.asarray(0.5), jnp.ones(3))",
    NAMED: '{"delta": jnp.ones(3), "n": jnp.asarray(0.5)}',
    EMPTY: "()",
    LOOSE: "0.5",
    NUMBER: "2",
    FACTOR: "0.5",
    TRUTH: "True",
}

FEATURE_OF = {
    TREE: "trees",
    HALF: "halves",
    HALF_SCALAR: "halves",
    INTEGER: "integers",
    PAIR: "displays",
    NAMED: "displays",
    EMPTY: "empty_containers",
    LOOSE: "static_becomes_placed",
}

BUILTINS = ("sum", "dict", "range", "reversed", "enumerate", "zip", "len", "list", "tuple")
"""Those that generated programs may call themselves; a program that hides one does without."""

SERVER_BASES: dict[str, tuple[tuple[str, str], ...]] = {
    SCALAR: (
        (VECTOR, "jnp.sum({})"),
        (PAIR, "{}[0]"),
        (NAMED, '{}["n"]'),
        (TREE, 'jnp.sum({}["v"])'),
        (HALF, "jnp.sum({} * jnp.ones(3))"),
        (INTEGER, "{} * 0.5"),
    ),
    VECTOR: (
        (SCALAR, "{} * jnp.ones(3)"),
        (PAIR, "{}[1]"),
        (NAMED, '{}["delta"]'),
        (TREE, '{}["v"]'),
        (HALF, "{} * jnp.ones(3)"),
        (HALF_SCALAR, "{} * jnp.ones(3)"),
        (INTEGER, "{} * jnp.ones(3)"),
    ),
}
"""The shortest ways to a scalar and a vector from a value of another kind."""

MADE_OF_BASES = {
    TREE: '{"v": <.V>, "k": jnp.asarray(1)}',
    HALF: "<.V>.astype(jnp.bfloat16)",
    HALF_SCALAR: "jnp.asarray(<.S>, jnp.bfloat16)",
    INTEGER: "jnp.asarray(2)",
    PAIR: "(<.S>, <.V>)",
    NAMED: '{"delta": <.V>, "n": <.S>}',
    EMPTY: "()",
    LOOSE: "<.S>",
}
"""The shortest ways to the other kinds."""
