"""RFA: the server moves to the geometric median of the clients' updates, by weighted sums alone.

Pillutla, Kakade and Harchaoui, Robust Aggregation for Federated Learning, IEEE Transactions on Signal
Processing 70, 2022, algorithms 1 and 2: smoothed Weiszfeld iterations. The server broadcasts a centre,
each client weighs its own update by its distance from it, and the weighted mean is the next centre. The
server sees no single update: all sums go through secure aggregation.

A coordinate-wise median would have to see them, and fadc refuses it. The smoothing `nu` leads from the
geometric median (0) to the mean (infinity). The derivative for it goes through all iterations.

    python samples/rfa.py
    fadc transform samples/rfa.py --mode reverse --wrt nu,server_lr
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 10

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, fault, x, y):
    """What local gradient steps change, and what a broken client adds to it."""

    def step(local, _):
        return local - lr * jax.grad(client_loss)(local, x, y), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return local - w + fault


def closeness(update, centre, nu):
    """One over the distance of the client's update from the centre, or over nu if that is more."""
    squared = jnp.maximum(jnp.sum((update - centre) ** 2), nu**2)
    return 1.0 / jnp.sqrt(squared + 1e-12)


@fed.computation
def rfa_round(
    w: fed.Server[Float[Array, "d"]],
    server_lr: fed.Server[Float[Array, ""]],
    nu: fed.Server[Float[Array, ""]],
    lr: fed.Server[Float[Array, ""]],
    fault: fed.Clients[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    iterations: int = 3,
) -> fed.Server[Float[Array, ""]]:
    """The clients' mean loss after a step towards the smoothed geometric median."""
    w_at_clients, lr_at_clients, nu_at_clients = fed.broadcast((w, lr, nu))
    update = fed.map(client_update, w_at_clients, lr_at_clients, fault, x, y)
    centre = jnp.zeros_like(w)
    for _ in range(iterations):
        weight = fed.map(closeness, update, fed.broadcast(centre), nu_at_clients)
        centre = fed.weighted_mean(update, weight, aggregator=secure_sum)
    losses = fed.map(client_loss, fed.broadcast(w + server_lr * centre), x, y)
    return secure_sum(losses) / fed.num_clients()


def main():
    """Tunes the smoothing, starting from the mean, while none or three of ten clients are broken."""
    keys = jax.random.split(jax.random.key(0), 4)
    x = jax.random.normal(keys[0], (10, 12, 4))
    solutions = 1.0 + 0.5 * jax.random.normal(keys[1], (10, 4))
    y = jnp.einsum("cnd,cd->cn", x, solutions) + 0.1 * jax.random.normal(keys[2], (10, 12))
    hypergradient = jax.jit(fed.value_and_grad(rfa_round, wrt="nu"))

    for broken in (0, 3):
        fault = jnp.zeros((10, 4)).at[:broken].set(10.0)
        nu, printed = jnp.array(10.0), []
        for step in range(16):
            loss, (nu_bar,) = hypergradient(jnp.zeros(4), 1.0, nu, 0.05, fault, x, y)
            printed += [f"nu {nu:5.2f} loss {loss:7.4f}"] if step % 5 == 0 else []
            nu = nu * jnp.exp(-jnp.clip(nu * nu_bar, -0.5, 0.5))
        print(f"{broken} broken: {', '.join(printed)}")


if __name__ == "__main__":
    main()
