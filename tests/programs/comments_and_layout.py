"""Comments, line breaks, parentheses, docstrings, a pass-through decorator order."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

# A comment before the function.
RATE = 0.5  # a comment after a constant


def local_gradient(w, x):  # a comment on the line of a def
    """Docstring with "quotes" and a backslash: \\."""
    # A comment in a local function.
    return jnp.cos(w * x) * x


@fed.computation
def layout(
    w: fed.Server[Float[Array, "d"]],  # the parameters
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """One line.

    Another line, with non-ASCII text: η ∈ (0, 1), ‖∇F‖.
    """
    # A comment in the computation.
    g = fed.mean(  # where the message is
        fed.map(
            local_gradient,
            fed.broadcast(w),  # down
            x,
        )
    )
    η = lr * RATE  # a name that is not ASCII

    long = (
        jnp.sum(g)
        + jnp.sum(w)  # the second term
        - 1e-3 * η
    )
    w = w - η * g

    return jnp.sum(w) * long


if __name__ == "__main__":
    print(layout(jnp.ones(3), 0.1, jnp.ones((2, 3))))
