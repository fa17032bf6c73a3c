"""Client values laid over devices, and what the sharded engine says of those that are not where it looks."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import fadc as fed
from fadc.engines import ClientArray, Embedded, Sharded
from fadc.engines.layout import Layout

from .meshes import engine_on

FLOAT0 = jax.dtypes.float0


@fed.computation
def total(w: fed.Server, x: fed.Clients, y: fed.Clients = 1.0):
    """Everything added up."""
    return fed.sum(fed.map(lambda w, x, y: jnp.sum(w * x * y), fed.broadcast(w), x, y))


def on(engine, *args):
    """The total on an engine."""
    with fed.use_engine(engine):
        return total(*args)


@pytest.mark.parametrize(("clients", "devices"), [(8, 4), (5, 4), (3, 4), (0, 4), (6, 1)], ids=str)
def test_values_are_laid_out_and_read_back(clients, devices):
    engine = engine_on(devices)
    x = np.arange(2.0 * clients).reshape(clients, 2)
    keys = jax.random.split(jax.random.key(0), clients)
    value = {
        "x": x,
        "z": np.zeros((clients, 3), FLOAT0),
        "name": "a",
        "c": 2,
        "k": keys,
        "none": {},
    }
    placed = engine.place(value)
    assert placed["x"].shape == x.shape and len(placed["x"]) == clients
    rows = placed["x"].padded if isinstance(placed["x"], ClientArray) else placed["x"]
    assert {shard.data.shape[0] for shard in rows.addressable_shards} == {-(-clients // devices)}
    back = engine.local(placed)
    assert np.array_equal(back["x"], x) and np.array_equal(np.asarray(placed["x"]), x)
    assert (back["k"] == keys).all()
    assert (back["z"].shape, back["name"], back["c"]) == ((clients, 3), "a", 2)
    again = engine.place(placed)
    assert again["x"] is placed["x"]


def test_what_jax_has_put_on_the_mesh_stays_there():
    engine = engine_on(4)
    x = jax.device_put(jnp.ones((8, 2)), NamedSharding(engine.mesh, PartitionSpec("clients")))
    buffers = [
        {shard.data.unsafe_buffer_pointer() for shard in array.addressable_shards}
        for array in (x, engine.place(x))
    ]
    assert buffers[0] == buffers[1]
    assert jax.grad(lambda x: on(engine, 2.0, x))(engine.place(x)).shape == (8, 2)


def test_client_arrays_say_what_they_are_and_hide_their_padding():
    x = engine_on(4).place(jnp.ones((5, 2), jnp.float32))
    assert repr(x) == "ClientArray(shape=(5, 2), dtype=float32, layout=(2, 1, 1, 1))"
    assert (x.ndim, x.dtype, np.asarray(x, np.float64).dtype) == (2, jnp.float32, np.float64)
    twice = jax.tree.map(lambda a: 2 * a, x)
    assert np.array_equal(twice, 2 * np.ones((5, 2)))
    assert repr(jax.tree.map(lambda a: None, x)) == "ClientArray(None)"


@pytest.mark.parametrize("axis", ["x", ("clients", "x")], ids=str)
def test_a_mesh_without_the_axis(axis):
    with pytest.raises(ValueError, match=r"the mesh has no axis 'x', its axes are \('clients',\)"):
        Sharded(engine_on(4).mesh, axis=axis)


def test_what_is_no_mesh():
    with pytest.raises(TypeError, match="takes a mesh of devices, not list: Sharded"):
        Sharded(jax.devices())


def test_engines_compare_by_value():
    assert engine_on(4) == engine_on(4) != engine_on(2)
    assert hash(engine_on(4)) == hash(engine_on(4))
    assert Sharded(Mesh(np.array(jax.devices()), ("a",)), axis="a").axis == "a"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            (np.ones(3), np.ones(4)),
            r"disagree on the number of clients: values\[0\] has 3, values\[1\]",
        ),
        (np.array(1.0), "values is a scalar: an array at the clients has a leading axis"),
    ],
)
def test_values_that_cannot_be_laid_out(value, message):
    with pytest.raises(ValueError, match=message):
        engine_on(4).place(value)


@pytest.mark.parametrize(("shape", "has"), [((5, 2), 5), ((8, 2), 8), ((4, 2), 4)], ids=str)
def test_an_axis_of_the_wrong_length(shape, has):
    """A server value that was not broadcast: here its first axis is as long as the padded one, too."""
    message = (
        rf"argument 2 of f in fed.map is not at the clients: its leaf has shape \({shape[0]}, 2\)"
    )

    @fed.computation
    def program(w: fed.Server, x: fed.Clients):
        def f(x, w):
            return x

        return fed.sum(fed.map(f, x, w))

    with fed.use_engine(engine_on(4)), pytest.raises(ValueError, match=message):
        program(jnp.ones(shape), jnp.ones((6 if has != 6 else 5, 2)))


def test_padding_of_the_wrong_length():
    x = engine_on(4).place(jnp.ones(5))
    wrong = dataclasses.replace(x, padded=x.padded[:4])
    with pytest.raises(ValueError, match="x has 4 rows where its layout has 8"):
        on(engine_on(4), 1.0, wrong)


def test_arguments_that_disagree():
    with pytest.raises(ValueError, match="disagree on the number of clients: x has 5, y has 3"):
        on(engine_on(4), 1.0, engine_on(4).place(jnp.ones(5)), jnp.ones(3))


def test_client_values_of_another_mesh():
    x = engine_on(2).place(jnp.ones(5))
    message = "x is laid over 2 devices, but the engine's mesh has 4 for clients. Place it again"
    with pytest.raises(ValueError, match=message):
        on(engine_on(4), 1.0, x)
    with pytest.raises(ValueError, match=message):
        jax.jit(lambda x: on(engine_on(4), 1.0, x))(x)


def test_arrays_on_other_devices():
    others = Sharded(Mesh(np.array(jax.devices()[4:]), ("clients",)))
    turned = Sharded(Mesh(np.array(jax.devices()[3::-1]), ("clients",)))
    one = jax.device_put(jnp.ones(8), jax.devices()[5])
    for x in (others.place(jnp.ones(8)), others.place(jnp.ones(5)), turned.place(jnp.ones(8)), one):
        with pytest.raises(
            ValueError, match=r"in fed.map is on devices \[.*\], but the engine's mesh"
        ):
            on(engine_on(4), 1.0, x)
    w = jax.device_put(jnp.ones(()), jax.devices()[5])
    with pytest.raises(
        ValueError, match=r"given to fed.broadcast is on devices \[5\], but the engine"
    ):
        on(engine_on(4), w, jnp.ones(8))


def test_client_values_in_different_layouts():
    x = engine_on(2).place(jnp.ones(5))
    y = ClientArray(x.padded, Layout((2, 3)))
    message = r"x has \(3, 2\), y has \(2, 3\). Place them together: engine.place\(\(x, y\)\)"
    with pytest.raises(ValueError, match=message):
        on(engine_on(2), 1.0, x, y)


def test_the_embedded_engine_refuses_what_it_does_not_know():
    with pytest.raises(
        ValueError, match="x is laid over the devices of a mesh, which the embedded"
    ):
        on(Embedded(), 1.0, engine_on(4).place(jnp.ones(5)))


def test_clients_are_where_their_process_put_them():
    """A layout that is not balanced, as several processes make it, is kept throughout."""
    x = jnp.arange(1.0, 6.0)
    padded = jnp.concatenate([x[:4], x[4:], jnp.full(3, jnp.nan)])
    placed = ClientArray(padded, Layout((4, 1)))

    @fed.computation
    def program(w: fed.Server, x: fed.Clients):
        y = fed.map(jnp.multiply, fed.broadcast(w), x)
        return fed.sum(y), y

    with fed.use_engine(engine_on(2)):
        result, y = jax.jit(program)(2.0, placed)
    assert result == 30.0
    assert y.layout == Layout((4, 1)) and np.array_equal(y, 2 * x)


def test_what_is_traced_cannot_be_placed():
    with pytest.raises(TypeError, match="values is traced: place values first, and pass them to"):
        jax.jit(engine_on(4).place)(jnp.ones(4))


def test_nothing_to_place():
    assert engine_on(4).place({"a": {}, "b": None, "c": 2}) == {"a": {}, "b": None, "c": 2}
    assert engine_on(4).local({"a": {}, "c": 2}) == {"a": {}, "c": 2}


def test_a_broadcast_of_what_is_at_the_clients():
    with pytest.raises(ValueError, match="given to fed.broadcast is at the clients already"):
        engine_on(4).broadcast([engine_on(4).place(jnp.ones(5))], 5)
