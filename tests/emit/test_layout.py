"""Lines that are too long are broken where ruff breaks them."""

import ast

from fadc.emit.layout import WIDTH, statements

LONG = "theta, statistics, center, spread, trains"


def test_a_call_of_a_call_breaks_in_the_inner_one_where_the_outer_stays_too_long() -> None:
    call = f"return jax.value_and_grad(lambda theta: client_weight({LONG}))(theta, extra=1)"
    lines = statements(ast.parse(call).body, indent=4)
    assert lines == [
        "    return jax.value_and_grad(",
        f"        lambda theta: client_weight({LONG})",
        "    )(theta, extra=1)",
    ]
    assert max(map(len, lines)) <= WIDTH
