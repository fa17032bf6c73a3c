"""Messages that would wait for each other are not merged."""

import jax.numpy as jnp
import pytest

from ..correctness import harness
from ..correctness.harness import Step

PROGRAM = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def step(w, x):
    return jnp.sin(w * x) + 0.5 * x


def repeated(v, *, times):
    for _ in range(times):
        v = jnp.sin(v) + 0.5
    return v


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    flag: bool = True,
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.mean(fed.map(step, fed.broadcast(w), x))
    local_model = fed.broadcast(gradient)
    gradient_2 = fed.mean(fed.map(step, fed.broadcast(gradient), local_model))
    if flag:
        local_model = fed.map(repeated, local_model, times=2)
        gradient_3 = fed.mean(fed.map(step, fed.broadcast(gradient_2), local_model))
    else:
        gradient = gradient * jnp.cos(gradient)
    gradient_4 = fed.mean(fed.map(step, fed.broadcast(gradient), local_model))
    return gradient_4
"""


@pytest.mark.parametrize("flag", [True, False])
def test_a_value_that_only_one_arm_remakes(flag: bool) -> None:
    arguments = {"w": jnp.array([0.3, -0.2]), "x": jnp.array([[0.1, 0.5], [0.7, -0.4]])}
    case = harness.source_case(PROGRAM, "program", arguments, wrt=("w",), static={"flag": flag})
    (derived,) = harness.derive(case, Step("reverse"))
    assert derived.name == "program_vjp"
