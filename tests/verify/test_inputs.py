"""Random arguments made from annotations."""

import jax
import jax.numpy as jnp
import pytest
from jaxtyping import Array, Bool, Float, Int, Key

import fadc as fed
from fadc.errors import UsageError
from fadc.verify.inputs import differentiable, random_inputs


@fed.computation
def program(
    w: fed.Server[Float[Array, "d k"]],
    count: fed.Clients[Int[Array, "n 2"]],
    key: fed.Server[Key[Array, ""]],
    parts: tuple[
        fed.Server[tuple[Float[Array, "3"], Bool[Array, "#d"]]], fed.Clients[Float[Array, ""]]
    ],
    rounds: int = 3,
) -> fed.Server[Float[Array, ""]]:
    """Every kind of annotation that says a shape."""
    return fed.sum(parts[1])


def test_shapes_and_kinds_are_the_annotations() -> None:
    made = random_inputs(program, clients=4, seed=0)
    assert made["w"].shape == (3, 5)  # not 4, which is the number of clients
    assert made["count"].shape == (4, 6, 2) and jnp.issubdtype(made["count"].dtype, jnp.integer)
    assert jnp.issubdtype(made["key"].dtype, jax.dtypes.prng_key)
    (three, flags), at_clients = made["parts"]
    assert (three.shape, flags.shape, at_clients.shape) == ((3,), (3,), (4,))
    assert made["rounds"] == 3
    assert differentiable(made, program) == ("w", "parts")


@fed.computation
def expressions(
    w: fed.Server[Float[Array, "n+1 rows=2"]],
    v: fed.Server[Float[Array, "2*n-1 {rounds} min(n,2)"]],
    x: fed.Clients[Float[Array, "*batch n"]],
    y: fed.Clients[Float[Array, "*batch"]],
    rounds: int = 6,
) -> fed.Server[Float[Array, ""]]:
    """Dimensions that are made of others."""
    return fed.sum(y)


def test_dimensions_are_computed_from_their_symbols() -> None:
    made = random_inputs(expressions, clients=2, seed=0)
    shapes = [made[name].shape for name in "wvxy"]
    assert shapes == [(4, 2), (5, 6, 2), (2, 4, 3), (2, 4)]


def test_the_seed_decides() -> None:
    first, again, other = (random_inputs(program, 2, seed)["w"] for seed in (0, 0, 1))
    assert jnp.array_equal(first, again) and not jnp.array_equal(first, other)


@pytest.mark.parametrize(
    "annotation", [fed.Server, fed.Server[Float[Array, "... d"]], fed.Server[dict], int]
)
def test_what_cannot_be_made_is_asked_for(annotation: object) -> None:
    def unknown(w: object) -> None: ...

    unknown.__annotations__["w"] = annotation
    with pytest.raises(UsageError, match=r"`w`.*--inputs MODULE:FUNCTION"):
        random_inputs(unknown, 2, 0)
