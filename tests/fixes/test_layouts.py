"""Fixes where the text is awkward: comments, lines, parentheses, names that are taken, and doubt."""

from __future__ import annotations

import textwrap

import pytest

from .mending import assert_computes_the_same, mended

HEAD = """\
import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

b_at_clients_2 = 1.0


def local(w, x, lr=1.0):
    return jnp.sin(lr * w * x)


@functools.cache
def cached(x, lr):
    return lr * x


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    b: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Clients[Float[Array, "d"]],
    rounds: int = 3,
    late: bool = False,
) -> fed.Server[Float[Array, "d"]]:
"""


def program(body: str) -> str:
    """A module whose computation has this body."""
    return HEAD + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"


# Captures ---------------------------------------------------------------------------------------

CAPTURES = {
    "several names in several lines, with comments": (
        """
        return fed.mean(
            fed.map(
                lambda x: x * w + b + w,  # the residual
                x,  # examples
            )
        )
        """,
        """
        return fed.mean(
            fed.map(
                lambda w, b, x: x * w + b + w,  # the residual
                fed.broadcast(w),
                fed.broadcast(b),
                x,  # examples
            )
        )
        """,
    ),
    "parentheses that are not the call's": (
        "return fed.mean(fed.map((lambda x: x * w), (x)))",
        "return fed.mean(fed.map((lambda w, x: x * w), fed.broadcast(w), (x)))",
    ),
    "a continued line": (
        "return fed.mean(fed.map(lambda x: x * w, \\\n    x))",
        "return fed.mean(fed.map(lambda w, x: x * w, \\\n    fed.broadcast(w),\n    x))",
    ),
    "no parameter and no argument": (
        "return fed.mean(fed.map(lambda: w)) + 0 * fed.mean(x)",
        "return fed.mean(fed.map(lambda w: w, fed.broadcast(w))) + 0 * fed.mean(x)",
    ),
    "behind a broadcast, the last of them": (
        "return fed.mean(fed.map(lambda w: w * b, fed.broadcast(w)) ) + 0 * fed.mean(x)",
        (
            "return fed.mean(fed.map(lambda w, b: w * b, fed.broadcast(w), fed.broadcast(b)) )"
            " + 0 * fed.mean(x)"
        ),
    ),
    "the last of lines with a trailing comma": (
        """
        return fed.mean(fed.map(
            lambda w: w * x,
            fed.broadcast(w),  # down
        ))
        """,
        """
        return fed.mean(fed.map(
            lambda w, x: w * x,
            fed.broadcast(w),  # down
            x,
        ))
        """,
    ),
    "the last of lines without one": (
        """
        return fed.mean(fed.map(
            lambda w: w * x,
            fed.broadcast(w)  # down
        ))
        """,
        """
        return fed.mean(fed.map(
            lambda w, x: w * x,
            fed.broadcast(w),  # down
            x
        ))
        """,
    ),
    "nested lambdas, one of which binds the name itself": (
        "return fed.mean(fed.map(lambda x: (lambda w: w * x)(2.0) * (lambda z: w * z)(x), x))",
        (
            "return fed.mean(fed.map(lambda w, x: (lambda w: w * x)(2.0) * (lambda z: w * z)(x),"
            " fed.broadcast(w), x))"
        ),
    ),
    "a default behind it, and a keyword of the map": (
        "return fed.mean(fed.map(lambda x, k=2.0: x * w * k, x, k=3.0))",
        "return fed.mean(fed.map(lambda w, x, k=2.0: x * w * k, fed.broadcast(w), x, k=3.0))",
    ),
    "positional-only and keyword-only parameters": (
        "return fed.mean(fed.map(lambda x, /, *, k=2.0: x * w * k, x))",
        "return fed.mean(fed.map(lambda w, x, /, *, k=2.0: x * w * k, fed.broadcast(w), x))",
    ),
    "an argument of a partial": (
        "return fed.mean(fed.map(functools.partial(local, w), x))",
        "return fed.mean(fed.map(local, fed.broadcast(w), x))",
    ),
    "arguments of a partial with keywords": (
        "return fed.mean(fed.map(functools.partial(local, w, lr=2.0), x))",
        "return fed.mean(fed.map(functools.partial(local, lr=2.0), fed.broadcast(w), x))",
    ),
    "two arguments of a partial": (
        "return fed.mean(fed.map(functools.partial(lambda w, b, x: w * b * x, w, b), x))",
        (
            "return fed.mean(fed.map((lambda w, b, x: w * b * x),"
            " fed.broadcast(w), fed.broadcast(b), x))"
        ),
    ),
    "a keyword that is the next positional parameter": (
        "return fed.mean(fed.map(local, x, y, lr=b))",
        "return fed.mean(fed.map(local, x, y, fed.broadcast(b)))",
    ),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_becomes_an_argument(name: str) -> None:
    before, after = (program(each) for each in CAPTURES[name])
    fixed = mended(before)
    assert fixed.text == after
    assert fixed.diagnostics == []


@pytest.mark.parametrize(
    "name",
    [
        "several names in several lines, with comments",
        "a continued line",
        "nested lambdas, one of which binds the name itself",
        "two arguments of a partial",
        "positional-only and keyword-only parameters",
        "an argument of a partial",
    ],
)
def test_what_ran_with_a_capture_computes_the_same(name: str) -> None:
    """JAX closes over a server value, so that these programs meant what they now say."""
    before, after = (program(each) for each in CAPTURES[name])
    assert_computes_the_same(before, after)


@pytest.mark.parametrize(
    "body",
    [
        "return fed.mean(fed.map(lambda x, w=w: x * w, x))",
        "return fed.mean(fed.map(lambda x, k=w: x * k, x))",
        "return fed.mean(fed.map(lambda x=1.0: x * w, fed.broadcast(b)))",
        "return fed.mean(fed.map(functools.partial(local, lr=w), x, y))",
        "return fed.mean(fed.map(functools.partial(lambda k, x: k * x * w, 2.0), x))",
        "return fed.mean(fed.map(functools.partial(local,  # why\n    w), x))",
        "return fed.mean(fed.map(cached, x, lr=w))",
        "return fed.mean(fed.map(jnp.clip, x, max=w))",
        "return fed.mean(fed.map(local, x, lr=w))",
        "return fed.mean(fed.map(local, x, y, k=2.0, lr=w))",
    ],
)
def test_a_capture_in_doubt_is_left_alone(body: str) -> None:
    fixed = mended(program(body))
    assert (fixed.text, fixed.count) == (program(body), 0)
    assert {each.code for each in fixed.diagnostics} == {"FAD201"}


def test_a_keyword_of_a_function_that_is_a_parameter_is_left_alone() -> None:
    text = program("return fed.mean(fed.map(local, x, y, lr=w))").replace(
        "    rounds: int", "    local: object,\n    rounds: int"
    )
    assert mended(text).text == text


def test_a_primitive_whose_name_is_taken_is_not_written() -> None:
    text = program("broadcast = w\nreturn mean(map(local, broadcast, x))").replace(
        "import fadc as fed", "import fadc as fed\nfrom fadc import broadcast, map, mean"
    )
    assert "map(local, fed.broadcast(broadcast), x)" in mended(text).text
    hidden = text.replace("import fadc as fed\n", "").replace("fed.", "")
    hidden = hidden.replace("import broadcast", "import Clients, Server, computation, broadcast")
    assert mended(hidden).text == hidden
    assert [each.code for each in mended(hidden).diagnostics] == ["FAD202"]


# Broadcasts -------------------------------------------------------------------------------------

BROADCASTS = {
    "an argument over several lines": (
        """
        return fed.mean(fed.map(
            local,
            w  # the model
            + b,
            (w * 2),
        )) + 0 * fed.mean(x)
        """,
        """
        return fed.mean(fed.map(
            local,
            fed.broadcast(w  # the model
            + b),
            (fed.broadcast(w * 2)),
        )) + 0 * fed.mean(x)
        """,
    ),
    "a tuple": (
        "return fed.mean(fed.map(lambda v, x: v[0] * v[1] * x, (w, b), x))",
        "return fed.mean(fed.map(lambda v, x: v[0] * v[1] * x, fed.broadcast((w, b)), x))",
    ),
    "one that comes to light behind another": (
        "z = fed.map(local, w, x)\nreturn fed.mean(fed.map(lambda z: z * b * y, z))",
        (
            "z = fed.map(local, fed.broadcast(w), x)\n"
            "return fed.mean(fed.map(lambda b, y, z: z * b * y, fed.broadcast(b), y, z))"
        ),
    ),
    "of a client value, over several lines": (
        "return fed.mean(fed.map(local, fed.broadcast(\n    x,\n), y))",
        "return fed.mean(fed.map(local, x, y))",
    ),
    "of a client value that needs its parentheses": (
        "return fed.mean(fed.map(local, fed.broadcast(x if late else y,), y))",
        "return fed.mean(fed.map(local, (x if late else y), y))",
    ),
}

WASTED = {
    "repeated, with a name and a comment": (
        """
        # Train.
        for _ in range(rounds):
            # One round.
            b_at = fed.broadcast(b)  # sent once
            g = fed.mean(fed.map(local, fed.broadcast(w), fed.broadcast(b)))
            w = w + g + 0 * fed.mean(x)
        return w
        """,
        """
        b_at = fed.broadcast(b)  # sent once
        # Train.
        for _ in range(rounds):
            # One round.
            g = fed.mean(fed.map(local, fed.broadcast(w), b_at))
            w = w + g + 0 * fed.mean(x)
        return w
        """,
    ),
    "names that are taken": (
        """
        b_at_clients = w
        for _ in range(rounds):
            w = w + fed.mean(fed.map(local, fed.broadcast(b), x))
        return w + b_at_clients
        """,
        """
        b_at_clients = w
        b_at_clients_3 = fed.broadcast(b)
        for _ in range(rounds):
            w = w + fed.mean(fed.map(local, b_at_clients_3, x))
        return w + b_at_clients
        """,
    ),
    "one of a tuple, and nested loops": (
        """
        for i in range(rounds):
            for j in range(2):
                b_at, c_at = fed.broadcast(
                    (b, jnp.sin(b))
                )
                w = w + fed.mean(fed.map(local, c_at, fed.broadcast(b))) + i * fed.mean(x)
                w = w + fed.mean(fed.map(local, b_at, fed.broadcast(b * i)))
        return w
        """,
        """
        b_at, c_at = fed.broadcast((b, jnp.sin(b)))
        for i in range(rounds):
            value_at_clients = fed.broadcast(b * i)
            for j in range(2):
                w = w + fed.mean(fed.map(local, c_at, b_at)) + i * fed.mean(x)
                w = w + fed.mean(fed.map(local, b_at, value_at_clients))
        return w
        """,
    ),
    "of a name that is bound again": (
        """
        a = fed.broadcast(w)
        for _ in range(rounds):
            a = fed.map(local, fed.broadcast(w), a)
        return fed.mean(a) + 0 * fed.mean(x)
        """,
        """
        w_at_clients = fed.broadcast(w)
        a = w_at_clients
        for _ in range(rounds):
            a = fed.map(local, w_at_clients, a)
        return fed.mean(a) + 0 * fed.mean(x)
        """,
    ),
    "thrice in one statement": (
        (
            "return fed.mean(fed.map(lambda a, b, c, x: a + b + c * x,\n"
            "    fed.broadcast(w), fed.broadcast(w), fed.broadcast(w), x))"
        ),
        (
            "w_at_clients = fed.broadcast(w)\n"
            "return fed.mean(fed.map(lambda a, b, c, x: a + b + c * x,\n"
            "    w_at_clients, w_at_clients, w_at_clients, x))"
        ),
    ),
}


@pytest.mark.parametrize("name", [*BROADCASTS, *WASTED])
def test_a_broadcast_is_mended(name: str) -> None:
    before, after = (program(each) for each in {**BROADCASTS, **WASTED}[name])
    fixed = mended(before)
    assert fixed.text == after
    assert fixed.diagnostics == []


@pytest.mark.parametrize("name", WASTED)
def test_a_program_with_fewer_broadcasts_computes_the_same(name: str) -> None:
    before, after = (program(each) for each in WASTED[name])
    assert_computes_the_same(before, after)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        # A comment would go.
        ("FAD204", "return fed.mean(fed.map(local, fed.broadcast(\n    x  # here\n), y))"),
        # The broadcast does not run in each iteration.
        (
            "FAD501",
            """
            for _ in range(rounds):
                if late:
                    w = w + fed.mean(fed.map(local, fed.broadcast(b), x))
            return w
            """,
        ),
        # The loop binds the name, though not its value.
        (
            "FAD501",
            """
            for _ in range(rounds):
                b = b
                w = w + fed.mean(fed.map(local, fed.broadcast(b), x))
            return w
            """,
        ),
        # Only a part is the same.
        (
            "FAD502",
            """
            pair = (w, b)
            first = fed.mean(fed.map(lambda p, x: p[0] + p[1] * x, fed.broadcast(pair), x))
            pair = (w, first)
            return fed.mean(fed.map(lambda p, x: p[0] + p[1] * x, fed.broadcast(pair), x))
            """,
        ),
        # The same values, but as a tuple and as a list.
        (
            "FAD502",
            """
            first = fed.mean(fed.map(lambda p, x: p[0] + p[1] * x, fed.broadcast((w, b)), x))
            return first + fed.mean(fed.map(lambda p, x: p[0] * x, fed.broadcast([w, b]), x))
            """,
        ),
        # Another statement on the line.
        (
            "FAD502",
            (
                "a = 1; first = fed.map(local, fed.broadcast(w), x)\n"
                "return fed.mean(fed.map(local, fed.broadcast(w), first)) + a"
            ),
        ),
    ],
)
def test_a_broadcast_in_doubt_is_left_alone(code: str, body: str) -> None:
    fixed = mended(program(body))
    assert (fixed.text, fixed.count) == (program(body), 0)
    assert {each.code for each in fixed.diagnostics} == {code}


# Annotations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ("w", "fed.Server"),
        ("x", "fed.Clients"),
        ("1.0", "fed.Server"),
        ("(w, (x, 2.0))", "tuple[fed.Server, tuple[fed.Clients, fed.Server]]"),
        ('{"w": w, "b": b}', "dict[str, fed.Server]"),
    ],
)
def test_a_result_is_annotated_with_its_placement(value: str, annotation: str) -> None:
    annotated = program(f"return {value}")
    annotated = annotated.replace('-> fed.Server[Float[Array, "d"]]:', f"-> {annotation}:")
    bare = annotated.replace(f" -> {annotation}:", ":")
    fixed = mended(bare)
    assert (fixed.text, fixed.diagnostics) == (annotated, [])


@pytest.mark.parametrize("body", ["return x + w", "return {'w': w, 'x': x}", "pass"])
def test_a_result_in_doubt_is_not_annotated(body: str) -> None:
    bare = program(body).replace(' -> fed.Server[Float[Array, "d"]]:', ":")
    assert mended(bare).text == bare


def test_a_parameter_is_not_annotated() -> None:
    bare = program("return w").replace('w: fed.Server[Float[Array, "d"]],', "w,")
    assert mended(bare).text == bare


# Suppressions -----------------------------------------------------------------------------------

REPEATED = """\
y = fed.map(local, fed.broadcast(w), y)
return fed.mean(y) + fed.mean(fed.map(local, fed.broadcast(w), x))"""
"""FAD502 stands on the last line."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return w  # fadc: ignore[FAD503]", "return w"),
        ("return w  # fadc: ignore", "return w"),
        ("return w  # fadc: ignore[]", "return w"),
        ("# fadc: ignore[FAD503]\nreturn w", "return w"),
        ("return w  # noqa: F821 # fadc: ignore[FAD503]", "return w  # noqa: F821"),
        ("return w  # fadc: ignore[FAD503]  # noqa", "return w  # noqa"),
        ("return w  # fadc: ignore[FAD503] as in issue 3", "return w  # as in issue 3"),
        (
            f"{REPEATED}  # fadc: ignore[FAD503, FAD502,FAD412]",
            f"{REPEATED}  # fadc: ignore[FAD502]",
        ),
    ],
)
def test_an_unused_suppression_goes(before: str, after: str) -> None:
    fixed = mended(program(before))
    assert (fixed.text, fixed.diagnostics) == (program(after), [])


def test_a_suppression_that_another_mode_may_need_stays() -> None:
    text = program("return w  # fadc: ignore[FAD409]")
    assert mended(text).text == text


def test_what_is_suppressed_is_not_mended() -> None:
    text = program(f"{REPEATED}  # fadc: ignore[FAD502]")
    assert (mended(text).text, mended(text).diagnostics) == (text, [])
