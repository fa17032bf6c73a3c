"""A name that one arm binds is read in a branch inside that arm."""

# args: dict(model=S(3), z=C(3), y=S(3))
# wrt: model,z,y
# static: {"a": True, "b": False}
# steps: reverse; reverse recompute > reverse

import fadc as fed


@fed.computation
def prog(
    model: fed.Server, z: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    if a:
        g = fed.mean(z)
    if a:
        if b:
            model = g
    return model + y
