"""FedNest: a federated program that tunes what another federated program is trained with.

Tarzanagh, Li, Thrampoulidis and Oymak, FedNest: Federated Bilevel, Minimax, and Compositional
Optimization, ICML 2022. The lower problem is solved by rounds of its FedInn: local steps whose
gradients are corrected by the clients' mean gradient, as in SVRG. The upper objective is the loss on
held-out data at the model where they end; its steps are taken by the server.

The paper's FedIHGP writes the hypergradient as a Neumann series for the inverse Hessian, each term of
which takes a round. The reverse sweep through `rounds` of FedInn is such a series of as many terms:
where the lower problem is solved, they sum up to the implicit hypergradient. No term of it is written
by hand. The model is handed on, so that few rounds do at each step.

As in the paper's experiments, what is tuned is the loss for imbalanced classes: an offset of each
class's logit in training (Li, Zhang, Thrampoulidis, Chen and Oymak, AutoBalance, NeurIPS 2021).

    python samples/fednest.py
    fadc transform samples/fednest.py --mode reverse --wrt offset --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

import fadc as fed

LOCAL_STEPS = 3


def lower_loss(w, offset, x, labels):
    """The mean cross-entropy with offset logits, and a small ridge: what trains the model."""
    log_p = jax.nn.log_softmax(x @ w + offset)
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1)) + 0.01 * jnp.sum(w**2)


def upper_loss(w, x, labels):
    """The mean cross-entropy: what judges the model, on balanced data."""
    log_p = jax.nn.log_softmax(x @ w)
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))


lower_gradient = jax.grad(lower_loss)


def corrected_steps(w, mean_gradient, offset, lr, x, labels):
    """The model after local steps along gradients that are right in the mean at `w`."""
    correction = mean_gradient - lower_gradient(w, offset, x, labels)

    def step(local, _):
        gradient = lower_gradient(local, offset, x, labels) + correction
        return local - lr * gradient, None

    w_local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return w_local


@fed.computation
def upper_objective(
    offset: fed.Server[Float[Array, "k"]],
    w: fed.Server[Float[Array, "d k"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    labels: fed.Clients[Int[Array, "n"]],
    x_held_out: fed.Clients[Float[Array, "m d"]],
    labels_held_out: fed.Clients[Int[Array, "m"]],
    rounds: int,
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d k"]]]:
    """The loss on held-out data of the model trained from `w` with `offset`, and the model."""
    offset_at_clients, lr_at_clients = fed.broadcast((offset, lr))
    for _ in range(rounds):
        w_at_clients = fed.broadcast(w)
        gradients = fed.map(lower_gradient, w_at_clients, offset_at_clients, x, labels)
        mean_gradient = fed.broadcast(fed.mean(gradients))
        w_local = fed.map(
            corrected_steps,
            w_at_clients,
            mean_gradient,
            offset_at_clients,
            lr_at_clients,
            x,
            labels,
        )
        w = fed.mean(w_local)
    losses = fed.map(upper_loss, fed.broadcast(w), x_held_out, labels_held_out)
    loss = fed.mean(losses)
    return loss, w


def main():
    """Tunes the offsets of three classes; theory gives the logarithms of their shares in training."""
    keys = jax.random.split(jax.random.key(0), 4)
    shares = jnp.array([0.7, 0.2, 0.1])
    labels = jax.random.choice(keys[0], 3, (10, 60), p=shares)
    labels_held_out = jax.random.choice(keys[1], 3, (10, 60))
    centres = jnp.array([[1.0, 0.0, 1.0], [-0.5, 0.9, 1.0], [-0.5, -0.9, 1.0]])
    spread = jnp.array([1.0, 1.0, 0.0])  # The last feature is the bias.
    x = centres[labels] + spread * jax.random.normal(keys[2], (10, 60, 3))
    x_held_out = centres[labels_held_out] + spread * jax.random.normal(keys[3], (10, 60, 3))

    hypergradient = fed.value_and_grad(upper_objective, wrt="offset", result="loss")
    hypergradient = jax.jit(hypergradient, static_argnames="rounds")
    offset, w = jnp.zeros(3), jnp.zeros((3, 3))
    for step in range(31):
        (loss, (w,)), (offset_bar,) = hypergradient(
            offset, w, 0.5, x, labels, x_held_out, labels_held_out, rounds=3
        )
        if step % 6 == 0:
            print(f"step {step:2}: balanced loss {loss:.4f}  offset {offset}")
        offset = offset - 1.0 * offset_bar
    print(f"logarithms of the shares, centred: {jnp.log(shares) - jnp.log(shares).mean()}")


if __name__ == "__main__":
    main()
