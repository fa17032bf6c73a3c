"""Finding the cohort: from annotations, across nested calls, under JAX's transformations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

import fadc as fed

Batch = tuple[fed.Clients[Float[Array, "n d"]], fed.Clients[Float[Array, "n"]]]


@fed.computation
def size_of(x: fed.Clients) -> fed.Server:
    """How many clients there are."""
    return fed.num_clients()


@fed.computation
def sum_of_sent(w: fed.Server[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.broadcast(w))


def size_under(annotation, value):
    """The cohort's size in a computation with one parameter so annotated."""

    def count(x):
        return fed.num_clients()

    count.__annotations__["x"] = annotation
    return fed.computation(count)(value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (fed.Clients, np.ones(3)),
        (fed.Clients[Float[Array, "d"]], jnp.ones((3, 2))),
        (fed.Clients[dict[str, Array]], {"a": jnp.ones((3, 2)), "b": [jnp.ones(3), 7, None]}),
        (fed.Clients, jax.random.split(jax.random.key(0), 3)),
        (fed.Clients, np.zeros((3, 4), jax.dtypes.float0)),
        (Batch, (jnp.ones((3, 2)), jnp.ones(3))),
        (tuple[fed.Server, fed.Clients], (jnp.ones(5), jnp.ones(3))),
        (tuple[fed.Clients, ...], [jnp.ones(3), jnp.ones(3)]),
        (list[fed.Clients], [jnp.ones(3)] * 4),
        (dict[str, fed.Clients], {"m": jnp.ones(3)}),
        (dict[str, tuple[fed.Server, list[fed.Clients]]], {"m": (jnp.ones(9), [jnp.ones(3)])}),
        (fed.Clients | None, jnp.ones(3)),
        ("fed.Clients", jnp.ones(3)),
        ("Batch", (jnp.ones((3, 2)), jnp.ones(3))),
        ("fed.Clients[Float[Missing, 'd']]", jnp.ones(3)),
        ("tuple[missing.T, fed.Clients[Missing | None] | None]", (jnp.ones(9), jnp.ones(3))),
        ("missing.Clients['?']", jnp.ones(3)),
        ("tuple[Missing | None, Clients]", (jnp.ones(9), jnp.ones(3))),
        (tuple["fed.Server", "fed.Clients"], (jnp.ones(9), jnp.ones(3))),
    ],
    ids=repr,
)
def test_size_is_read_from_client_arguments(annotation, value):
    assert size_under(annotation, value) == 3


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (fed.Server, jnp.ones(3)),
        (Float[Array, "d"], jnp.ones(3)),
        ("not an annotation", jnp.ones(3)),
        (tuple[fed.Server, fed.Clients], None),
        (fed.Clients, 1.0),
    ],
    ids=repr,
)
def test_other_arguments_tell_no_size(annotation, value):
    with pytest.raises(ValueError, match="cannot tell the number of clients: fed.num_clients"):
        size_under(annotation, value)


def test_keyword_default_and_star_arguments_count():
    @fed.computation
    def count(w: fed.Server, *xs: fed.Clients, y: fed.Clients, z: fed.Clients = None):
        return fed.num_clients()

    assert count(1.0, jnp.ones(4), jnp.ones(4), y=jnp.ones(4)) == 4
    with pytest.raises(ValueError, match="disagree"):
        count(1.0, jnp.ones(4), y=jnp.ones(5))


def test_disagreeing_arguments_are_named_with_their_sizes():
    @fed.computation
    def both(x: fed.Clients, batch: Batch):
        return fed.sum(x)

    message = (
        r"the arguments of .*both disagree on the number of clients: "
        r"x has 2, batch\[0\] has 3, batch\[1\] has 3"
    )
    with pytest.raises(ValueError, match=message):
        both(jnp.ones(2), (jnp.ones((3, 2)), jnp.ones(3)))


def test_a_scalar_client_argument_is_refused():
    with pytest.raises(ValueError, match=r"x\['a'\] is annotated fed.Clients, but is a scalar"):
        size_of({"a": jnp.array(1.0)})


def test_wrong_calls_name_the_computation():
    with pytest.raises(TypeError, match=r"size_of\(\): missing a required argument: 'x'"):
        size_of()


def test_the_decorated_function_keeps_its_face():
    assert size_of.__name__ == "size_of"
    assert size_of.__doc__ == "How many clients there are."
    assert isinstance(size_of(jnp.ones((6, 1))), int)


def test_decorator_takes_a_mechanism():
    secure_sum = fed.aggregator("secure_sum", like=fed.sum)
    for mechanism in (secure_sum, fed.sum, fed.mean):
        decorated = fed.computation(transpose_broadcast=mechanism)(lambda: 3)
        assert decorated() == 3
    with pytest.raises(TypeError, match="transpose_broadcast must be fed.sum or fed.mean, not"):
        fed.computation(transpose_broadcast=jnp.max)


def test_nested_computation_inherits_the_cohort():
    @fed.computation
    def outer(x: fed.Clients):
        return sum_of_sent(2.0), size_of(x)

    assert outer(jnp.ones(4)) == (8.0, 4)


def test_nested_computation_may_bring_the_cohort_for_itself():
    @fed.computation
    def outer(w: fed.Server):
        return size_of(jnp.ones(2))

    assert outer(1.0) == 2


def test_nested_computation_must_agree():
    @fed.computation
    def outer(x: fed.Clients):
        return size_of(jnp.ones(5))

    with pytest.raises(ValueError, match=r"size_of was given values at 5 clients \(x\), but was"):
        outer(jnp.ones(4))


def test_primitives_need_a_computation_and_a_size():
    with pytest.raises(ValueError, match="fed.broadcast was called outside a computation"):
        fed.broadcast(1.0)
    with pytest.raises(ValueError, match="in sum_of_sent, which has no array argument annotated"):
        sum_of_sent(1.0)


def test_primitives_are_refused_inside_mapped_functions():
    @fed.computation
    def hidden(x: fed.Clients):
        return fed.map(lambda x: fed.sum(x), x)

    with pytest.raises(ValueError, match="fed.sum was called inside a function given to fed.map"):
        hidden(jnp.ones(3))
    assert size_of(jnp.ones(3)) == 3


def test_the_cohort_ends_with_the_computation_also_on_errors():
    @fed.computation
    def fails(x: fed.Clients):
        raise KeyError("x")

    with pytest.raises(KeyError):
        fails(jnp.ones(3))
    with pytest.raises(ValueError, match="outside a computation"):
        fed.num_clients()


def test_a_jitted_part_is_traced_again_for_another_cohort():
    jitted = jax.jit(sum_of_sent)

    @fed.computation
    def outer(x: fed.Clients):
        return jitted(1.0)

    assert [float(outer(jnp.ones(n))) for n in (2, 5, 2)] == [2.0, 5.0, 2.0]


def test_jax_transformations_go_through():
    @fed.computation
    def loss(w: fed.Server, x: fed.Clients):
        return fed.mean(fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x))

    x = jnp.arange(1.0, 4.0)
    expected = 2 * 3.0 * jnp.mean(x**2)
    assert np.allclose(jax.grad(loss)(3.0, x), expected)
    assert np.allclose(jax.jit(jax.grad(loss))(3.0, x), expected)
    over_rates = jax.vmap(loss, in_axes=(0, None))(jnp.array([1.0, 2.0]), x)
    assert np.allclose(over_rates, jnp.array([1.0, 4.0]) * jnp.mean(x**2))
    assert np.allclose(jax.hessian(loss)(3.0, x), 2 * jnp.mean(x**2))
