"""Tables of functions of JAX, NumPy and Python that local functions call.

Names are dotted as in an import; families of functions are identified by their last name.
"""

from __future__ import annotations

JAX = ("jax.", "optax.", "fadc.", "jaxtyping.", "equinox.", "flax.", "einops.")
"""Libraries that work on traced values."""

OUTSIDE = ("numpy.", "math.", "cmath.", "scipy.", "statistics.", "random.")
"""Libraries that need concrete values, which traced arrays do not have."""

SHAPES = frozenset(
    """
    shape ndim size result_type issubdtype iscomplexobj isrealobj isscalar dtype finfo iinfo
    promote_types can_cast broadcast_shapes
    """.split()
)
"""Functions that depend only on the shape or the type of an array, in NumPy, too."""

HANDED_ON = frozenset(
    """
    all amax amin any argmax argmin around array_split cumprod cumsum flip hsplit imag max mean min
    moveaxis permute_dims prod real repeat reshape rollaxis round searchsorted split squeeze std sum
    swapaxes transpose unstack var vsplit
    """.split()
)
"""Functions of NumPy that call the method of the same name on a JAX array."""

STATIC_ATTRIBUTES = frozenset(
    "shape ndim size dtype itemsize nbytes weak_type sharding aval treedef __name__".split()
)
ARRAY_ATTRIBUTES = frozenset("T mT real imag at flat".split())

STATIC_BUILTINS = frozenset(
    """
    len isinstance issubclass hasattr callable type id dir vars ord chr print
    """.split()
)

TEXTS = frozenset("str repr ascii format hash".split())
"""Builtin functions with a static result; for a traced array it describes the tracer."""

CONCRETE = {"float": "float", "int": "int", "bool": "bool", "complex": "complex"}
"""Builtin functions that need the concrete value of an array."""

CONCRETE_METHODS = frozenset("item tolist to_py __array__ __float__ __int__ __bool__".split())

DECIDING = frozenset("max min sorted any all".split())
"""Builtin functions that compare the values of their arguments."""

UNTRACED = (
    "numpy.random.",
    "random.",
    "time.",
    "secrets.",
    "uuid.",
    "socket.",
    "requests.",
    "urllib.request.",
    "subprocess.",
    "shutil.",
    "tempfile.",
)
"""Modules whose functions act on, or depend on, more than their arguments."""

EFFECTS = frozenset(
    """
    open input exec eval breakpoint print os.urandom os.system os.popen
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    pickle.dump pickle.load json.dump json.load numpy.save numpy.savez numpy.savetxt numpy.load
    numpy.loadtxt numpy.fromfile jax.numpy.save jax.numpy.savez jax.numpy.load
    """.split()
)
"""Further functions of that kind."""

HARMLESS = frozenset(["random.Random", "numpy.random.Generator", "time.struct_time"])

ROUNDING = frozenset(
    "round around rint floor ceil trunc fix sign signbit heaviside floor_divide population_count".split()
)
CHOOSING = frozenset(
    """
    argmax argmin nanargmax nanargmin argsort argpartition argwhere searchsorted digitize
    nonzero flatnonzero bincount
    """.split()
)
INTEGERS = frozenset(
    """
    int int8 int16 int32 int64 int_ intp uint8 uint16 uint32 uint64 uint bool bool_ signedinteger
    integer i4 i8 int4 uint4
    """.split()
)
"""Names of types without derivatives, as attributes, names and strings."""

COMPARING = frozenset(
    """
    greater greater_equal less less_equal equal not_equal isnan isinf isfinite isclose allclose
    array_equal logical_and logical_or logical_not logical_xor gt ge lt le eq ne isin is_finite
    """.split()
)

ROOTS = frozenset(["sqrt", "rsqrt"])
NORMS = frozenset(["norm", "global_norm", "safe_norm", "hypot"])
POSITIVE = frozenset("exp exp2 cosh sigmoid softmax ones ones_like softplus log1pexp".split())
NONNEGATIVE = frozenset(
    "abs absolute square relu var std norm global_norm hypot nanvar nanstd".split()
)
SIGN_KEEPING = frozenset(
    """
    sum mean max min amax amin nansum nanmean reshape ravel squeeze asarray array broadcast_to
    transpose expand_dims atleast_1d stack concatenate prod cumsum median average flatten copy
    """.split()
)

NOISES = frozenset(
    """
    normal laplace gumbel cauchy exponential uniform truncated_normal rademacher ball logistic
    multivariate_normal t generalized_normal double_sided_maxwell maxwell gamma beta pareto
    """.split()
)
"""Samplers of ``jax.random`` for noise, which is added to something."""

COLLECTIVES = frozenset(
    """
    psum pmean pmax pmin all_gather all_to_all ppermute pshuffle pswapaxes psum_scatter axis_index
    axis_size pbroadcast pgather
    """.split()
)
CALLBACKS = frozenset(
    [
        "jax.pure_callback",
        "jax.debug.callback",
        "jax.debug.print",
        "jax.debug.breakpoint",
        "jax.experimental.io_callback",
        "jax.experimental.host_callback.call",
        "jax.experimental.host_callback.id_tap",
        "jax.experimental.host_callback.id_print",
        "jax.experimental.host_callback.barrier_wait",
        "jax.experimental.buffer_callback.buffer_callback",
        "jax._src.callback.pure_callback",
        "jax._src.callback.io_callback",
        "jax._src.debugging.debug_callback",
    ]
)
WATCHING = frozenset(["jax.debug.print", "jax.debug.breakpoint"])
"""Callbacks that show values to whoever runs the function."""

TUPLES = frozenset(
    """
    svd eigh eig qr lu slogdet unique meshgrid split array_split hsplit vsplit dsplit nonzero
    where_tuple frexp modf divmod value_and_grad lstsq top_k sort_key_val lu_factor cho_factor
    """.split()
)
"""Functions of ``jax.numpy`` and the like that return several arrays."""

TRANSPARENT = frozenset(
    """
    jax.jit jax.checkpoint jax.remat jax.named_call jax.ad_checkpoint.checkpoint
    functools.wraps functools.lru_cache functools.cache jaxtyping.jaxtyped jax.named_scope
    jax.profiler.annotate_function jax.api.jit jax.experimental.pjit.pjit equinox.filter_jit
    jax.numpy.vectorize jax.vmap jax.pmap jax.experimental.shard_map.shard_map jax.shard_map
    """.split()
)
"""Functions that return an equivalent function."""

OPAQUE = frozenset(
    [
        "jax.custom_jvp",
        "jax.custom_vjp",
        "jax.custom_gradient",
        "jax.custom_derivatives.custom_jvp",
        "jax.custom_derivatives.custom_vjp",
        "jax.custom_batching.custom_vmap",
    ]
)
"""Functions that give a function a custom derivative."""

REVERSE_ONLY = frozenset(
    ["jax.custom_vjp", "jax.custom_gradient", "jax.custom_derivatives.custom_vjp"]
)
"""Those of them that define only a rule for cotangents."""

DERIVATIVES = frozenset(
    ["jax.grad", "jax.value_and_grad", "jax.jacfwd", "jax.jacrev", "jax.jacobian", "jax.hessian"]
)
PULLING = DERIVATIVES - {"jax.jacfwd"}
"""Those derivatives that pull cotangents back; a function's value is then computed by its rule."""

STOPS = frozenset(["jax.lax.stop_gradient"])
