"""The sharded engine on eight host devices: values, padding, and the ways in which a program is run."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import fadc as fed
from fadc.engines import ClientArray, Embedded, Sharded, record

from .meshes import assert_same, cut, engine_on, messages

FLOAT0 = jax.dtypes.float0
EVEN, UNEVEN, FEW = (8, 4), (5, 4), (3, 4)
sizes = pytest.mark.parametrize(("clients", "devices"), [EVEN, UNEVEN], ids=str)
layouts = pytest.mark.parametrize("placed", [False, True], ids=["plain", "placed"])


def data(clients, *shape):
    return jnp.asarray(np.random.default_rng(clients).normal(size=(clients, *shape)))


def step(w, x):
    return w - 0.1 * jnp.sum(jnp.tanh(x * w), 0)


@fed.computation
def round_with_state(w: fed.Server, state: fed.Clients, x: fed.Clients):
    """A new model, every client's new state, and the size of the cohort."""
    state = fed.map(lambda s, w, x: 0.5 * s + step(w, x), state, fed.broadcast(w), x)
    return fed.mean(state), state, fed.num_clients() * fed.sum(fed.map(jnp.sum, x))


def on(engine, function, *args):
    """What a function gives on an engine."""
    with fed.use_engine(engine):
        return function(*args)


# Values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clients", "devices", "jit"),
    [(*EVEN, True), (*UNEVEN, True), (*UNEVEN, False), (*FEW, True)],
    ids=str,
)
@layouts
def test_a_program_with_client_state(clients, devices, placed, jit):
    engine = engine_on(devices)
    w, state, x = jnp.ones(3), data(clients, 3), data(clients, 6, 3)
    expected = round_with_state(w, state, x)
    if placed:
        state, x = engine.place((state, x))
    run = jax.jit(round_with_state) if jit else round_with_state
    actual = on(engine, run, w, state, x)
    assert_same(actual, expected)
    padded = placed and clients % devices != 0
    assert isinstance(actual[1], ClientArray if padded else jax.Array)
    assert_same(engine.local(actual), jax.tree.map(np.asarray, expected))


DTYPES = [jnp.bfloat16, jnp.float16, jnp.int32, jnp.uint8, bool, jnp.complex64]


@pytest.mark.parametrize(
    ("clients", "devices", "dtypes"),
    [
        (*UNEVEN, DTYPES),
        *((*size, [jnp.float32]) for size in (EVEN, FEW, (1, 8))),
        (0, 4, [*DTYPES, jnp.float32]),
    ],
    ids=str,
)
def test_aggregates_have_the_embedded_engine_s_dtypes(clients, devices, dtypes):
    zeros = np.zeros((clients, 2), FLOAT0)
    value = [zeros, *((2 * data(clients, 3)).astype(dtype) for dtype in dtypes)]
    for like in ("sum", "mean"):
        with np.errstate(invalid="ignore"):
            expected = Embedded().aggregate(value, like, like, clients)
        actual = engine_on(devices).aggregate(value, like, like, clients)
        assert_same(actual, expected, 2e-2)


def test_means_of_many_halves_do_not_overflow():
    """Their sum is beyond 65504, the largest float16; each device sends its share of the mean."""
    x = jnp.full(2000, 100.0, jnp.float16)
    assert engine_on(4).aggregate(x, "mean", "mean", 2000) == 100.0


@sizes
def test_broadcasts_are_the_embedded_engine_s(clients, devices):
    values = [0.5, 1, True, np.float32(2), 1j, jnp.ones(2), np.zeros(3, FLOAT0), None, {}]

    def received(engine):
        sent = engine.broadcast(values, clients)
        return sent, engine.map(lambda sent: sent, (sent,), {}, clients)

    assert_same(received(engine_on(devices)), received(Embedded()))


@sizes
def test_broadcasts_of_keys_and_of_static_values(clients, devices):
    sent = engine_on(devices).broadcast((jax.random.key(1), "relu"), clients)
    keys = engine_on(devices).local(sent[0])
    assert keys.shape == (clients,) and (keys == jax.random.key(1)).all()
    assert sent[1] == "relu"


@sizes
def test_static_leaves_weak_types_and_dtypes_of_map(clients, devices):
    half = jnp.ones((clients, 2), jnp.bfloat16)

    def f(batch, rate, scale=1):
        assert batch["name"] == "relu" and type(batch["count"]) is int
        return {"y": batch["x"] * rate * scale, "none": None, "n": batch["count"], "c": 1.5}

    def run(engine):
        batch = {"x": half, "name": "relu", "count": 2, "none": None, "empty": {}}
        return engine.map(f, (batch, engine.broadcast(0.1, clients)), {"scale": 3}, clients)

    assert_same(run(engine_on(devices)), run(Embedded()), 1e-2)
    assert cut(run(engine_on(devices)))["y"].dtype == jnp.bfloat16


@sizes
def test_a_map_over_static_values_alone(clients, devices):
    actual = engine_on(devices).map(lambda c: (c, jnp.ones(2)), (7,), {}, clients)
    assert_same(actual, Embedded().map(lambda c: (c, jnp.ones(2)), (7,), {}, clients))


@sizes
def test_float0_leaves_and_pullbacks_at_the_clients(clients, devices):
    x, k, zeros = data(clients, 2), jnp.arange(clients), np.zeros((clients,), FLOAT0)

    def run(engine):
        def f(x, k):
            return x * k, k

        _, pullbacks = engine.map(lambda x, k: jax.vjp(f, x, k), (x, k), {}, clients)
        x_bar, k_bar = engine.map(fed.pull, (pullbacks, (x, zeros)), {}, clients)
        return x_bar, k_bar, engine.aggregate((x_bar, k_bar), "sum", "sum", clients)

    assert_same(run(engine_on(devices)), run(Embedded()))
    assert_same(jax.jit(lambda: run(engine_on(devices)))(), run(Embedded()))


def test_pullbacks_are_pulled_by_a_constant():
    """JAX would have a pullback say over which axes its cotangent varies; here it need not."""
    engine, x = engine_on(4), data(8, 2)
    pullbacks = engine.map(lambda x: jax.vjp(lambda x: jnp.sum(x**2), x)[1], (x,), {}, 8)
    (x_bar,) = engine.map(fed.pull, (pullbacks, 1.0), {}, 8)
    assert_same(x_bar, 2 * x)


def test_keys_of_clients():
    @fed.computation
    def noise(typed: fed.Clients, raw: fed.Clients):
        drawn = fed.map(jax.random.normal, typed), fed.map(jax.random.normal, raw)
        return fed.mean(drawn), drawn, typed

    typed, raw = jax.random.split(jax.random.key(1), 5), jax.random.split(jax.random.PRNGKey(2), 5)
    *expected, _ = noise(typed, raw)
    engine = engine_on(4)
    placed = engine.place((typed, raw))
    for arguments in ((typed, raw), placed):
        *actual, keys = on(engine, jax.jit(noise), *arguments)
        assert_same(actual, expected)
        same = jax.random.key_data(engine.local(keys)) == jax.random.key_data(typed)
        assert np.all(same)


# Padding --------------------------------------------------------------------------------------


def test_padding_takes_part_in_nothing():
    """Padding is a copy of the last client's data, from which everything here makes infinities."""

    @fed.computation
    def program(w: fed.Server, x: fed.Clients):
        y = fed.map(lambda w, x: w / x, fed.broadcast(w), x)
        return fed.sum(y), fed.mean(fed.map(jnp.isfinite, y)), fed.sum(x)

    w, x = jnp.array(2.0), jnp.array([1.0, 2.0, 4.0, 0.0, 0.0])
    engine = engine_on(4)
    assert_same(on(engine, program, w, x), program(w, x))
    for by, wanted in (
        (0, jnp.array(jnp.inf)),
        (1, jnp.array([-2.0, -0.5, -0.125, -jnp.inf, -jnp.inf])),
    ):

        def gradient(w, x, by=by):
            return jax.grad(lambda w, x: program(w, x)[0], by)(w, x)

        assert_same(on(engine, gradient, w, x), wanted)
        assert_same(on(engine, jax.jit(gradient), w, engine.place(x)), wanted)


def test_client_functions_meet_no_values_that_nobody_meant():
    """A loop that would never end on zeros."""

    def halvings(x):
        return jax.lax.while_loop(lambda c: c[1] < 8.0, lambda c: (c[0] + 1, c[1] * 2), (0, x))[0]

    @fed.computation
    def program(x: fed.Clients):
        return fed.sum(fed.map(halvings, x))

    x = jnp.array([1.0, 2.0, 4.0])
    assert on(engine_on(4), program, x) == on(engine_on(4), program, engine_on(4).place(x)) == 6


# Messages -------------------------------------------------------------------------------------


def gram(x):
    return x.T @ x + jnp.eye(x.shape[1])


LOCAL = {
    "top_k": lambda w, x: jax.lax.top_k(x @ w, 2)[0],
    "fft": lambda w, x: jnp.abs(jnp.fft.fft(x @ w)),
    "while_loop": lambda w, x: jax.lax.while_loop(
        lambda c: jnp.sum(c) < 10.0, lambda c: c * 1.5 + 0.1, jnp.abs(x @ w)
    ),
    "sort": lambda w, x: jnp.sort(x @ w),
    "cond": lambda w, x: jax.lax.cond(jnp.sum(x) > 0, jnp.sin, jnp.cos, x @ w),
    "eigh": lambda w, x: jnp.linalg.eigh(gram(x))[0] * jnp.sum(w),
    "scatter": lambda w, x: jnp.zeros(6).at[jnp.argsort(x[:, 0])].add(x @ w),
    "random": lambda w, x: jnp.sum(w) * jax.random.normal(jax.random.key(x.size), (3,)),
}


@fed.computation
def mapped(w: fed.Server, x: fed.Clients, function=None):
    """One function at the clients, and the mean of it."""
    return fed.mean(fed.map(function, fed.broadcast(w), x))


@pytest.mark.parametrize("name", LOCAL)
def test_client_functions_keep_data_where_they_are(name):
    """The value is one all-reduce, and so is the gradient, of data that are placed or not."""
    program = functools.partial(mapped, function=LOCAL[name])

    def total(w, x):
        return jnp.sum(program(w, x))

    functions = [program] if name == "while_loop" else [program, jax.grad(total)]
    w, x = jnp.arange(1.0, 4.0), data(5, 6, 3)
    engine = engine_on(4)
    for function in functions:
        expected = function(w, x)
        with fed.use_engine(engine):
            compiled = jax.jit(function)
            assert_same(compiled(w, engine.place(x)), expected)
            assert messages(function, w, engine.place(x)) == ["all-reduce"]


def test_the_embedded_engine_gathers_what_this_one_keeps():
    """Else the test above could not fail."""
    x = engine_on(4).place(data(8, 6, 3))
    program = functools.partial(mapped, function=LOCAL["top_k"])
    assert "all-gather" in messages(program, jnp.ones(3), x)


def test_no_message_can_exist_inside_map():
    for axis in ("clients", "x"):
        with pytest.raises(NameError, match=f"unbound axis name: {axis}"):
            engine_on(4).map(lambda x, axis=axis: jax.lax.psum(x, axis), (jnp.ones(4),), {}, 4)


def test_one_aggregate_of_several_leaves_is_one_message():
    def total(x):
        return engine_on(4).aggregate({"a": x, "b": [x]}, "mean", "mean", 5)

    assert messages(total, engine_on(4).place(data(5, 3))) == ["all-reduce"]


def test_client_results_of_placed_values_are_not_brought_together():
    engine, x = engine_on(4), data(5, 6, 3)
    with fed.use_engine(engine):
        plain = messages(round_with_state, jnp.ones(3), x[:, 0], x)
        placed = messages(round_with_state, jnp.ones(3), engine.place(x[:, 0]), engine.place(x))
    assert set(placed) == {"all-reduce"}
    assert set(plain) == {"all-reduce", "all-gather"}


def test_messages_are_recorded():
    engine, w, x = engine_on(4), jnp.ones(3), data(5, 6, 3)
    with record() as embedded:
        round_with_state(w, x[:, 0], x)
    with record(engine) as sharded:
        round_with_state(w, *engine.place((x[:, 0], x)))
    assert sharded.messages == embedded.messages


# Ways to run ----------------------------------------------------------------------------------


@layouts
def test_training_in_a_scan(placed):
    def train(w, state, x):
        def body(carry, _):
            w, state = carry
            w, state, total = round_with_state(w, state, x)
            return (w, state), total

        return jax.lax.scan(body, (w, state), None, length=3)

    engine, w, state, x = engine_on(4), jnp.ones(3), data(5, 3), data(5, 6, 3)
    expected = train(w, state, x)
    if placed:
        state, x = engine.place((state, x))
    assert_same(on(engine, train, w, state, x), expected)


@sizes
def test_jax_differentiates_and_batches_through_the_engine(clients, devices):
    def loss(w, x):
        return jnp.sum(mapped(w, x, function=lambda w, x: jnp.sum(jnp.sin(x @ w))))

    def everything(w, x):
        both = jax.value_and_grad(loss, (0, 1))
        rates = jax.vmap(lambda rate: loss(rate * w, x))(jnp.arange(3.0))
        return both(w, x), rates, jax.jacfwd(jax.grad(loss))(w, x)

    w, x = jnp.arange(3.0), data(clients, 6, 3)
    expected = jax.jit(everything)(w, x)
    assert_same(on(engine_on(devices), jax.jit(everything), w, x), expected)


def test_jax_differentiates_eagerly():
    def loss(w, x):
        return jnp.sum(mapped(w, x, function=lambda w, x: jnp.sin(x @ w)))

    w, x = jnp.arange(3.0), data(5, 6, 3)
    for by in (0, 1):
        assert_same(on(engine_on(4), jax.grad(loss, by), w, x), jax.grad(loss, by)(w, x))


def test_computations_call_computations_also_jitted():
    inner = jax.jit(round_with_state)

    @fed.computation
    def two_rounds(w: fed.Server, state: fed.Clients, x: fed.Clients):
        w, state, _ = inner(w, state, x)
        return inner(w, state, x)

    arguments = jnp.ones(3), data(5, 3), data(5, 6, 3)
    assert_same(on(engine_on(4), two_rounds, *arguments), two_rounds(*arguments))


def test_derivatives_made_in_a_notebook():
    """`fadc.value_and_grad` in a jitted training loop with client state."""
    from samples.scaffold import scaffold_round

    derivative = fed.value_and_grad(scaffold_round, wrt="w", result="loss")

    @jax.jit
    def train(w, control, x, y):
        def body(state, _):
            (loss, state), (w_bar,) = derivative(*state, 0.1, x, y)
            return tuple(state), (loss, w_bar)

        return jax.lax.scan(body, (w, jnp.zeros(3), control), None, length=2)

    w, control, x, y = jnp.ones(3), data(5, 3), data(5, 6, 3), data(5, 6)
    expected = train(w, control, x, y)
    engine = engine_on(4)
    assert_same(on(engine, train, w, *engine.place((control, x, y))), expected)


def test_captured_arrays_and_tracers_are_the_program_s():
    scale = jnp.arange(1.0, 3.0)

    def run(w, engine):
        y = engine.map(lambda x: x * w * scale, (data(5, 2),), {}, 5)
        return engine.aggregate(y, "sum", "sum", 5)

    for of in (run, jax.jacrev(run)):
        assert_same(of(2.0, engine_on(4)), of(2.0, Embedded()))


def test_equal_engines_share_a_trace():
    traces = []

    @jax.jit
    def count(x):
        traces.append(fed.engines.current_engine())
        return round_with_state(jnp.ones(3), x[:, 0], x)

    x = data(8, 6, 3)
    for devices in (4, 4, 2, 4):
        on(engine_on(devices), count, x)
    assert traces == [engine_on(4), engine_on(2)]


# Meshes ---------------------------------------------------------------------------------------


def test_meshes_of_several_axes():
    devices = np.array(jax.devices()).reshape(2, 4)
    arguments = jnp.ones(3), data(5, 3), data(5, 6, 3)
    expected = round_with_state(*arguments)

    def gradient(w, state, x):
        return jax.grad(lambda w: jnp.sum(round_with_state(w, state, x)[0]))(w)

    for axis in ("a", ("b", "a")):
        engine = Sharded(Mesh(devices, ("a", "b")), axis=axis)
        placed = on(engine, jax.jit(round_with_state), arguments[0], *engine.place(arguments[1:]))
        assert_same(engine.local(placed), jax.tree.map(np.asarray, expected))
        assert_same(on(engine, jax.jit(gradient), *arguments), gradient(*arguments))


@pytest.mark.parametrize("kind", ["Explicit", "Auto"])
@pytest.mark.parametrize("spec", [("clients",), ()], ids=str)
def test_arrays_that_are_on_the_mesh_already(kind, spec):
    types = (getattr(jax.sharding.AxisType, kind),)
    mesh = jax.make_mesh((4,), ("clients",), types, devices=jax.devices()[:4])
    x = jax.device_put(data(8, 6, 3), NamedSharding(mesh, PartitionSpec(*spec)))
    expected = round_with_state(jnp.ones(3), data(8, 3), data(8, 6, 3))
    for run in (round_with_state, jax.jit(round_with_state)):
        assert_same(on(Sharded(mesh), run, jnp.ones(3), data(8, 3), x), expected)

    def total(x):
        return jnp.sum(mapped(jnp.ones(3), x, function=lambda w, x: jnp.sin(x @ w)))

    gradient = on(Sharded(mesh), jax.grad(total), x)
    assert jax.typeof(gradient) == jax.typeof(x)
    assert_same(gradient, jax.grad(total)(data(8, 6, 3)))


def test_inside_a_mesh_that_jax_set():
    automatic = Mesh(np.array(jax.devices()[:4]), ("clients",))
    arguments = jnp.ones(3), data(5, 3), data(5, 6, 3)
    expected = round_with_state(*arguments)
    with jax.set_mesh(automatic):
        assert_same(on(Sharded(automatic), jax.jit(round_with_state), *arguments), expected)
    explicit = jax.make_mesh((4,), ("clients",), devices=jax.devices()[:4])
    refused = pytest.raises(ValueError, match="does not run where jax.set_mesh has set a mesh of")
    with jax.set_mesh(explicit), refused:
        on(Sharded(explicit), round_with_state, *arguments)
