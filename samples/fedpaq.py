"""FedPAQ: clients upload their updates quantised to a few levels.

Reisizadeh, Mokhtari, Hassani, Jadbabaie and Pedarsani, FedPAQ: A Communication-Efficient Federated
Learning Method with Periodic Averaging and Quantization, AISTATS 2020, algorithm 1 with full
participation, with the quantiser of its example 1 (QSGD: Alistarh, Grubic, Li, Tomioka and Vojnovic,
NeurIPS 2017): a norm, and for each coordinate a sign and one of `LEVELS` + 1 levels. The derivative's
own uploads are not quantised.

The quantiser is piecewise constant but for its norm, so its own derivative is useless. In the mean over its random
rounding it is the identity, and that mean's derivative is what its rule for cotangents says: a
straight-through estimator (Bengio, Léonard and Courville, 2013). What it leaves out is that the
variance of the rounding depends on the update, too.

A rule by `jax.custom_vjp` serves reverse and mixed mode. JAX has no forward mode for it, and neither
has fadc: `fadc transform --mode forward` says so (FAD417). A `jax.custom_jvp` would serve all modes.

    python samples/fedpaq.py
    fadc transform samples/fedpaq.py --mode reverse --wrt w,lr --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

import fadc as fed

LEVELS = 4
LOCAL_STEPS = 5


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def rounded(v, draws):
    """The vector with each coordinate at a multiple of its norm / LEVELS, next to where it was.

    `draws` are uniform in [0, 1): the nearer of the two multiples is the more probable, so that the
    mean over the draws is the vector.
    """
    norm = jnp.linalg.norm(v)
    level = jnp.abs(v) / jnp.where(norm > 0, norm, 1.0) * LEVELS
    lower = jnp.floor(level)
    return jnp.sign(v) * norm * (lower + (draws < level - lower)) / LEVELS


@jax.custom_vjp
def quantised(v, draws):
    """As `rounded`, with the derivative of the mean over the draws."""
    return rounded(v, draws)


def quantised_fwd(v, draws):
    return rounded(v, draws), None


def quantised_bwd(_, v_bar):
    return v_bar, None


quantised.defvjp(quantised_fwd, quantised_bwd)


def client_update(w, lr, key, x, y):
    """The quantised change of the model by local gradient steps."""

    def step(w, _):
        return w - lr * jax.grad(client_loss)(w, x, y), None

    w_local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return quantised(w_local - w, jax.random.uniform(key, w.shape))


@fed.computation
def fedpaq_round(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    key: fed.Clients[Key[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The clients' mean loss after one round, and the new model."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    w_next = w + fed.mean(fed.map(client_update, w_at_clients, lr_at_clients, key, x, y))
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w_next), x, y))
    return loss, w_next


def main():
    """Trains with a learning rate that is too low, left alone and tuned."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (20, 16, 8))
    own = jax.random.normal(keys[1], (8,)) + 0.3 * jax.random.normal(keys[2], (20, 8))
    y = jnp.einsum("cnd,cd->cn", x, own)

    gradient = jax.jit(fed.value_and_grad(fedpaq_round, wrt="lr", result="loss"))
    for rate in (0.0, 1.0):
        w, lr = jnp.zeros(8), jnp.array(0.003)
        for round_number in range(16):
            key = jax.random.split(jax.random.key(round_number), 20)
            (loss, (w,)), (lr_bar,) = gradient(w, lr, key, x, y)
            if round_number % 5 == 0:
                print(f"round {round_number:2}: lr {lr:.4f}  loss {loss:.4f}")
            lr = lr * jnp.exp(-rate * jnp.clip(lr * lr_bar / loss, -0.5, 0.5))


if __name__ == "__main__":
    main()
