"""A name that one arm binds is read under another condition, too."""

# args: dict(model=S(3), z=C(3), a=True, b=False)
# wrt: model,z
# static: {"a": True, "b": False}
# steps: reverse; forward > reverse; reverse > reverse

import fadc as fed


@fed.computation
def prog(model: fed.Server, z: fed.Clients, a: bool = True, b: bool = False) -> fed.Server:
    if a:
        g = fed.mean(z)
    if b:
        if a:
            model = g
    else:
        if a:
            model = model * g
    return model
