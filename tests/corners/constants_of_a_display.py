"""Names that a display binds to constants, and a loop to others."""

# args: dict(w=S(3), z=C(3))
# static: dict(rounds=0)
# steps: forward; reverse; reverse recompute; reverse every=1; mixed; reverse > reverse

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients, rounds: int) -> fed.Server:
    a, b, n = 4, 3, 1
    for _ in range(3):
        a = 2
        for _ in range(n):
            w = w * a
        n = 2
    for _ in range(rounds):
        b = 7
    return a * w * fed.mean(z) + b
