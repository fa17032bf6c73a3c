"""An optimizer that a conditional expression chooses is none of JAX's values."""

# args: dict(w=S(3), x=C(3), rate=S())
# wrt: w,x,rate
# static: {"a": True, "b": False}
# steps: forward; reverse

import fadc as fed


class Optimizer:
    def __init__(self, rate):
        self.rate = rate

    def update(self, g, state):
        return -self.rate * g, state + g


def optimizer(rate):
    return Optimizer(rate)


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, rate: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    made = optimizer(rate) if a else optimizer(0.5)
    step, state = made.update(fed.mean(x), w)
    for i in range(2):
        other = made if b else optimizer(rate * 2) if a else optimizer(1.0)
        step, state = other.update(step, state)
    return w + step + state
