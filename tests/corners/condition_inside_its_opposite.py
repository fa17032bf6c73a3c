"""A condition is asked again where it does not hold."""

# args: dict(model=S(3), z=C(3))
# wrt: model,z
# steps: reverse; forward > reverse; mixed

import fadc as fed


@fed.computation
def prog(model: fed.Server, z: fed.Clients) -> fed.Server:
    if True:
        g = fed.mean(z)
    if True:
        pass
    elif True:
        model = g
    return model
