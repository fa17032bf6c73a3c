"""Per-FedAvg: a model that every client can adapt to its own data by one gradient step.

Fallah, Mokhtari and Ozdaglar, Personalized Federated Learning with Theoretical Guarantees: A
Model-Agnostic Meta-Learning Approach, NeurIPS 2020, algorithm 1 with full participation. Finn, Abbeel
and Levine, Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks, ICML 2017, is the
meta-gradient: it goes through the step, so that it has a Hessian in it.

The derivative for `inner_lr` is Meta-SGD's (Li, Zhou, Chen and Li, 2017): each weight gets a rate of
its own for the step that adapts it. It needs the third derivatives of the clients' losses.

    python samples/per_fedavg.py
    fadc transform samples/per_fedavg.py --mode reverse --wrt w,inner_lr --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 3


def client_loss(w, x, y):
    """The mean logistic loss on one client's examples, with labels 0 and 1."""
    logits = x @ w
    return jnp.mean(jax.nn.softplus(logits) - y * logits)


def adapted(w, inner_lr, x, y):
    """The model after the one step that a client takes to make it its own."""
    return w - inner_lr * jax.grad(client_loss)(w, x, y)


def personalised_loss(w, inner_lr, x, y, x_query, y_query):
    """The loss of the adapted model on examples that it was not adapted to."""
    return client_loss(adapted(w, inner_lr, x, y), x_query, y_query)


def client_update(w, inner_lr, outer_lr, x, y, x_query, y_query):
    """The model after local steps along the meta-gradient."""

    def step(w, _):
        meta_gradient = jax.grad(personalised_loss)(w, inner_lr, x, y, x_query, y_query)
        return w - outer_lr * meta_gradient, None

    w, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return w


@fed.computation
def per_fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    inner_lr: fed.Server[Float[Array, "d"]],
    outer_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    x_query: fed.Clients[Float[Array, "m d"]],
    y_query: fed.Clients[Float[Array, "m"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The clients' mean loss after they adapt the model of one round, and that model."""
    w_at_clients, inner_lr_at_clients, outer_lr_at_clients = fed.broadcast((w, inner_lr, outer_lr))
    w_local = fed.map(
        client_update,
        w_at_clients,
        inner_lr_at_clients,
        outer_lr_at_clients,
        x,
        y,
        x_query,
        y_query,
    )
    w_next = fed.mean(w_local)
    losses = fed.map(
        personalised_loss, fed.broadcast(w_next), inner_lr_at_clients, x, y, x_query, y_query
    )
    loss = fed.mean(losses)
    return loss, w_next


def main():
    """Trains a model and the rates of its adaptation: only the last two weights differ by client."""
    keys = jax.random.split(jax.random.key(0), 3)
    own = jnp.array([0.0, 0.0, 4.0, 4.0]) * jax.random.normal(keys[0], (20, 4))
    x = jax.random.normal(keys[1], (20, 40, 4))
    margin = jnp.einsum("cnd,cd->cn", x, jnp.array([1.0, -1.0, 0.0, 0.0]) + own)
    y = (margin + jax.random.logistic(keys[2], (20, 40)) > 0).astype(float)
    data = x[:, :20], y[:, :20], x[:, 20:], y[:, 20:]

    hypergradient = jax.jit(fed.value_and_grad(per_fedavg_round, wrt="inner_lr", result="loss"))
    w, inner_lr = jnp.zeros(4), jnp.full(4, 1.0)
    for round_number in range(30):
        (loss, (w,)), (inner_lr_bar,) = hypergradient(w, inner_lr, 0.5, *data)
        if round_number % 6 == 0:
            print(f"round {round_number:2}: loss {loss:.4f}  inner_lr {inner_lr}")
        inner_lr = inner_lr - 30.0 * inner_lr_bar


if __name__ == "__main__":
    main()
