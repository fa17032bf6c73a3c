"""Private federated averaging, whose clipping norm follows a quantile of the updates' norms.

Andrew, Thakkar, McMahan and Ramaswamy, Differentially Private Learning with Adaptive Clipping, NeurIPS
2021, algorithm 1 with all clients in each round and the paper's constants. Clients clip their updates
to the norm `clip` and say whether they were within it. The server sees the sums of both, through
`secure_sum` (Bonawitz et al., CCS 2017), adds the noise, and moves `clip` geometrically until a share
`quantile` of the updates is within.

A count is a step function of what it counts: its derivative is zero, and the derivative of the program
takes the counts, like the draws of the noise, as they were. It is exact wherever no norm equals the
clip, and leaves out that counts jump. The loss after two rounds loses nothing by that for `quantile`:
updates are continuous in the clip that the quantile has moved, and the count that it moves touches
only clips to come. Over more rounds a quantile that is raised raises counts, which lower the clip
again: the derivative is too large then. It weighs the bias of a tight clip against the noise of a
loose one.

The derivative's uploads go through `secure_sum`, too, but are neither clipped nor noised, which is
FAD504: their privacy is to be accounted for on its own.

    python samples/adaptive_clipping.py
    fadc transform samples/adaptive_clipping.py --mode reverse --wrt w,clip,quantile --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

import fadc as fed

LOCAL_STEPS = 5
LOCAL_LR = 0.05
MOMENTUM = 0.9
CLIP_LR = 0.2

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, clip, x, y):
    """The clipped change of the model, and whether it was within the clip, as 0 or 1."""

    def step(w, _):
        return w - LOCAL_LR * jax.grad(client_loss)(w, x, y), None

    w_local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    norm = jnp.sqrt(jnp.sum((w_local - w) ** 2) + 1e-12)
    return (w_local - w) * jnp.minimum(1.0, clip / norm), jnp.where(norm <= clip, 1.0, 0.0)


def noised(total, stddev, key):
    """The sum of the clients' values with Gaussian noise."""
    return total + stddev * jax.random.normal(key, total.shape)


@fed.computation
def private_rounds(
    w: fed.Server[Float[Array, "d"]],
    velocity: fed.Server[Float[Array, "d"]],
    clip: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    quantile: fed.Server[Float[Array, ""]],
    noise_multiplier: fed.Server[Float[Array, ""]],
    key: fed.Server[Key[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int,
) -> tuple[
    fed.Server[Float[Array, ""]],
    fed.Server[Float[Array, "d"]],
    fed.Server[Float[Array, "d"]],
    fed.Server[Float[Array, ""]],
]:
    """The clients' mean loss after `rounds`, and the state of the server then."""
    # Counting takes a part of the privacy budget, so that the updates get more noise.
    count_stddev = fed.num_clients() / 20
    multiplier = (noise_multiplier**-2 - (2 * count_stddev) ** -2) ** -0.5
    for t in range(rounds):
        key_update, key_count = jax.random.split(jax.random.fold_in(key, t))
        w_at_clients, clip_at_clients = fed.broadcast((w, clip))  # fadc: ignore[FAD504]
        total, count = secure_sum(fed.map(client_update, w_at_clients, clip_at_clients, x, y))
        delta = noised(total, multiplier * clip, key_update) / fed.num_clients()
        share = noised(count, count_stddev, key_count) / fed.num_clients()
        velocity = MOMENTUM * velocity + delta
        w = w + server_lr * velocity
        clip = clip * jnp.exp(-CLIP_LR * (share - quantile))
    losses = fed.map(client_loss, fed.broadcast(w), x, y)
    loss = secure_sum(losses) / fed.num_clients()
    return loss, w, velocity, clip


def main():
    """Trains with a quantile that is too low, left alone and tuned."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (30, 20, 10))
    own = jax.random.normal(keys[1], (10,)) + 0.3 * jax.random.normal(keys[2], (30, 10))
    y = jnp.einsum("cnd,cd->cn", x, own)

    gradient = fed.value_and_grad(private_rounds, wrt="quantile", result="loss")
    gradient = jax.jit(gradient, static_argnames="rounds")
    for rate in (0.0, 20.0):
        state, quantile = (jnp.zeros(10), jnp.zeros(10), jnp.array(0.1)), jnp.array(0.1)
        for step in range(25):
            key = jax.random.key(step)
            (loss, state), (bar,) = gradient(*state, 0.1, quantile, 1.0, key, x, y, rounds=2)
            if step % 6 == 0:
                print(f"round {2 * step:2}: quantile {quantile:.2f}  loss {loss:6.3f}")
            quantile = jnp.clip(quantile - rate * jnp.clip(bar / loss, -0.01, 0.01), 0.05, 0.95)


if __name__ == "__main__":
    main()
