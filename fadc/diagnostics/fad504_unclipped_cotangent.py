"""FAD504: fadc allows unclipped-cotangent."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

_SOURCE = """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


def clip_by_norm(v, bound):
    norm = jnp.sqrt(jnp.sum(v**2) + 1e-12)
    return v * jnp.minimum(1.0, bound / norm)


def client_update(w, x, y):
    return clip_by_norm(0.1 * jax.grad(client_loss)(w, x, y), 1.0)

{more}
@fed.computation
def private_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    w_at_clients = {received}
    return w - fed.mean(fed.map(client_update, w_at_clients, x, y))
"""

_CLIPPED = """

@jax.custom_vjp
def clip_cotangent(v):
    return v


def clip_cotangent_fwd(v):
    return v, None


def clip_cotangent_bwd(_, v_bar):
    return (clip_by_norm(v_bar, 1.0),)


clip_cotangent.defvjp(clip_cotangent_fwd, clip_cotangent_bwd)

"""

RULE = Rule(
    code="FAD504",
    name="unclipped-cotangent",
    severity=Severity.WARNING,
    waivable=True,
    message="the cotangent of this broadcast is uploaded unclipped, unlike the program's own upload",
    help=(
        "map a `jax.custom_vjp` that clips its cotangent over what the clients receive, "
        "or account for the derivative's privacy separately"
    ),
    why=(
        "Differential privacy needs a bound on what one client can change, so a program "
        "clips what its clients upload, and noise of a matching scale hides the rest (Dwork "
        "and Roth, The Algorithmic Foundations of Differential Privacy, 2014; McMahan, "
        "Ramage, Talwar and Zhang, Learning Differentially Private Recurrent Language "
        "Models, ICLR 2018). In reverse mode each broadcast becomes an upload of a cotangent "
        "that none of the program's bounds covers, so the guarantee does not carry over to "
        "the derivative. Clipping a cotangent makes the derivative private and no longer "
        "exact, which is why fadc does not do it by itself: a program asks for it by mapping "
        "an identity function whose backward rule clips."
    ),
    bad=Example(
        source=_SOURCE.format(more="", received="fed.broadcast(w)"),
        marked="fed.broadcast(w)",
        message=(
            "the cotangent of this broadcast is uploaded unclipped, unlike the program's own upload"
        ),
        help=(
            "map a `jax.custom_vjp` that clips its cotangent over what the clients receive, "
            "or account for the derivative's privacy separately"
        ),
        settings={"mode": "reverse"},
    ),
    near_misses=(
        _SOURCE.format(more=_CLIPPED, received="fed.map(clip_cotangent, fed.broadcast(w))"),
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    p = jnp.clip(1.0 / (1.0 + jnp.exp(-x @ w)), 1e-6, 1.0 - 1e-6)
    return -jnp.mean(y * jnp.log(p) + (1.0 - y) * jnp.log(1.0 - p))


@fed.computation
def mean_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
""",
        """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def clip(v):
    norm = jnp.sqrt(jnp.sum(v**2) + 1e-12)
    return v * jnp.minimum(1.0, 1.0 / norm)


@fed.computation
def private_mean(
    scale: fed.Server[Float[Array, ""]], v: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    return scale * fed.mean(fed.map(clip, v))
""",
    ),
)
