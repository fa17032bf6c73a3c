# steps: reverse; forward
# args: dict(w=S(3), z=C(3))
"""A name that may be an empty tuple is nothing that has parts."""

from jaxtyping import Array, Float

import fadc as fed

Vector = Float[Array, "d"]


@fed.computation
def prog(
    w: fed.Server[Vector], z: fed.Clients[Vector], flag: bool = True, n: int = 2
) -> fed.Server[Vector]:
    other = z if flag else ()
    a, c = fed.mean(fed.broadcast((w, w)))
    for k in range(n):
        if k:
            c = ()
        c = fed.mean(z)
    return w * c * a
