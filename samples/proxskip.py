"""ProxSkip: clients take gradient steps and communicate only when a coin says so.

Mishchenko, Malinovsky, Stich and Richtárik, ProxSkip: Yes! Local Gradient Steps Provably Lead to
Communication Acceleration! Finally!, ICML 2022, algorithm 2 (Scaffnew): ProxSkip where the proximal
step is the mean over the clients.

The coins are flipped before the run, `communicates[t]` for step t, with probability `p` each: a
static schedule, so that a step without communication is a static `if`, and has none in the
derivative either. Models and control variates stay at the clients.

    python samples/proxskip.py
    fadc transform samples/proxskip.py --mode reverse --wrt w,control,lr --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    """The mean logistic loss on one client's examples, with labels 0 and 1, and a small ridge."""
    logits = x @ w
    return jnp.mean(jax.nn.softplus(logits) - y * logits) + 0.05 * jnp.sum(w**2)


def local_step(w, control, lr, x, y):
    """A gradient step, corrected by the control variate."""
    return w - lr * (jax.grad(client_loss)(w, x, y) - control)


def updated_control(control, w_mean, w_local, lr, p):
    """The control variate after a communication."""
    return control + p / lr * (w_mean - w_local)


@fed.computation
def proxskip(
    w: fed.Clients[Float[Array, "d"]],
    control: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    p: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    communicates: tuple[bool, ...],
) -> tuple[
    fed.Server[Float[Array, ""]], fed.Clients[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]
]:
    """The loss of the mean of the clients' models after all steps, and their models and controls."""
    lr_at_clients, p_at_clients = fed.broadcast((lr, p))
    for t in range(len(communicates)):
        w = fed.map(local_step, w, control, lr_at_clients, x, y)
        if communicates[t]:
            w_mean = fed.broadcast(fed.mean(w))
            control = fed.map(updated_control, control, w_mean, w, lr_at_clients, p_at_clients)
            w = w_mean
    losses = fed.map(client_loss, fed.broadcast(fed.mean(w)), x, y)
    loss = fed.mean(losses)
    return loss, w, control


def main():
    """Tunes the step size for a schedule of ten steps."""
    keys = jax.random.split(jax.random.key(0), 4)
    x = jax.random.normal(keys[0], (10, 30, 5))
    own = jax.random.normal(keys[1], (5,)) + jax.random.normal(keys[2], (10, 5))
    y = (jnp.einsum("cnd,cd->cn", x, own) > 0).astype(float)
    communicates = tuple(jax.random.bernoulli(keys[3], 0.3, (10,)).tolist())
    zeros = jnp.zeros((10, 5))

    hypergradient = fed.value_and_grad(proxskip, wrt="lr", result="loss")
    hypergradient = jax.jit(hypergradient, static_argnames="communicates")
    lr = jnp.array(0.1)
    print(f"{sum(communicates)} of {len(communicates)} steps communicate")
    for step in range(7):
        (loss, _), (lr_bar,) = hypergradient(zeros, zeros, lr, 0.3, x, y, communicates=communicates)
        print(f"step {step}: lr {lr:.3f}  loss {loss:.4f}  d lr {lr_bar:8.4f}")
        lr = lr * jnp.exp(-5.0 * lr * lr_bar)


if __name__ == "__main__":
    main()
