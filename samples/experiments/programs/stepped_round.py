"""A round whose clients begin with the loss at the model that they get: the last step's loss.

The rounds of `fedopt_round`, cut elsewhere. There a round ends with the loss after its step, which
takes an exchange of its own. Here it begins with the step that the last round decided on, from `w`
along `direction`, and its clients report the loss there before they train. So the derivative of the
loss for `server_lr` is the hypergradient of the last round's step, and there is but one exchange.

It comes a round late, and from other clients than those who made the direction.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

import fadc as fed
from samples.experiments.models import cross_entropy


def client_loss(w, x, y, mask, logits):
    """The mean loss of one client's examples: `x` (n, …), `y` and `mask` (n,)."""
    return cross_entropy(logits(w, x), y, mask)


def client_update(w, lr, x, y, batches, logits):
    """What steps of SGD change; `batches` (steps, size) are numbers of examples."""

    def step(local, chosen):
        all_of_them = jnp.ones(chosen.shape)
        gradient = jax.grad(client_loss)(local, x[chosen], y[chosen], all_of_them, logits)
        return jax.tree.map(lambda p, g: p - lr * g, local, gradient), None

    local, _ = jax.lax.scan(step, w, batches)
    return jax.tree.map(jnp.subtract, local, w)


@fed.computation
def stepped_round(
    w: fed.Server[PyTree],
    direction: fed.Server[PyTree],
    server_lr: fed.Server[Float[Array, ""]],
    client_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n ..."]],
    y: fed.Clients[Int[Array, "n"]],
    mask: fed.Clients[Float[Array, "n"]],
    count: fed.Clients[Float[Array, ""]],
    batches: fed.Clients[Int[Array, "steps size"]],
    logits: Callable,
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[PyTree], fed.Server[PyTree]]:
    """The loss after the last step, the new model, and the clients' mean update of it."""
    w_next = jax.tree.map(lambda p, d: p + server_lr * d, w, direction)
    w_at_clients, lr_at_clients = fed.broadcast((w_next, client_lr))
    losses = fed.map(client_loss, w_at_clients, x, y, mask, logits=logits)
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y, batches, logits=logits)
    loss, mean_delta = fed.weighted_mean((losses, delta), count)
    return loss, w_next, mean_delta
