"""A cotangent reaches one of the stacks of a scan only, or none at second order."""

# args: dict(w=S(3), x=C())
# wrt: w,x
# steps: reverse; reverse > reverse

import jax
import jax.numpy as jnp

import fadc as fed


def scanned(w, x):
    def body(carry, item):
        return jnp.sin(carry * item), (carry, jnp.cos(carry * item))

    return jax.lax.scan(body, w, jnp.stack([x, 2.0 * x]))[1]


def followed(w, x):
    def body(carry, item):
        return jnp.sin(carry * item), carry

    return jax.lax.scan(body, w, jnp.stack([x, 2.0 * x]))[1]


@fed.computation
def prog(w: fed.Server, x: fed.Clients) -> fed.Server:
    carries, cosines = fed.map(scanned, fed.broadcast(w), x)
    return fed.mean(cosines) + fed.mean(fed.map(followed, fed.broadcast(w), x))
